// Finds a conversation by its name and prints the id under which it is resumed:
//   URL=http://127.0.0.1:8643 KEY=… node examples/hand-over/hand-over.mjs "Kubernetes deployment review: notifications #301"
import { HermesSessions } from '@hermes-sessions/client';

const [, , name] = process.argv;
const { URL: baseUrl = 'http://127.0.0.1:8643', KEY: key } = process.env;
if (name === undefined) {
  console.error('Say which conversation: hand-over.mjs NAME');
  process.exit(2);
}

const history = new HermesSessions({ baseUrl, key });
const { data } = await history.list({ title: name, archived: 'any', limit: 2 });
const [conversation] = data;
if (conversation === undefined) {
  console.error(`There is no conversation called ${JSON.stringify(name)}.`);
  process.exit(1);
}
// If Hermes has compressed the conversation meanwhile, it continues in another session.
// Several profiles or hosts can have sessions with the same id.
const { profile, origin } = conversation;
const place = { profile, origin: origin ?? undefined };
const { tip_session_id: id } = await history.get(conversation.id, place);
console.log(id);
