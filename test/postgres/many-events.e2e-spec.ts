import { runSql } from '../support/database.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';

/** Messages that came at once, and the bytes of each, which is told whole. */
const MESSAGES = 600;
const BYTES = 60_000;

it('whoever listens reads anew where so much has come at once that telling it would fill the memory', async () => {
  const host = await ShippedHost.start(smallHistory(25));
  const server = await TestServer.onDatabase(host.url);
  const listener = await TestListener.to(server, '/v1/sessions/events');
  host.say(1, 'The one before', hour(90));
  await host.settled();
  await listener.until((events) => events.some(({ type }) => type === 'message.created'));
  await host.offline();
  const [newest] = await runSql(
    host.url,
    'SELECT id, history_id FROM messages WHERE session_id = $1 ORDER BY id DESC',
    ['plain'],
  );
  const [kept] = await runSql(
    host.url,
    'SELECT change FROM changes ORDER BY version DESC, place DESC LIMIT 1',
  );
  const first = Number(newest?.id);
  const told = JSON.parse(String(kept?.change)) as {
    readonly change: { readonly messageIds: readonly number[] };
  };
  expect(told.change.messageIds).toEqual([first]);
  await runSql(
    host.url,
    `INSERT INTO messages (history_id, session_id, id, state, role, content, "timestamp", bytes)
      SELECT history_id, session_id, id + n, state, role, repeat('x', ${BYTES}), "timestamp", ${BYTES}
      FROM messages, generate_series(1, ${MESSAGES}) n WHERE session_id = 'plain' AND id = ${first}`,
  );
  const ids = Array.from({ length: MESSAGES }, (_, at) => first + 1 + at);
  for (const half of [ids.slice(0, MESSAGES / 2), ids.slice(MESSAGES / 2)])
    await runSql(
      host.url,
      'INSERT INTO changes (history_id, version, place, change) SELECT id, version + 1, $2, $1 FROM histories',
      [JSON.stringify({ ...told, change: { ...told.change, messageIds: half } }), half[0]],
    );
  await runSql(host.url, 'UPDATE histories SET version = version + 1');
  await listener.until((events) => events.some(({ type }) => type === 'resync'));
  expect(listener.heard.filter(({ type }) => type === 'message.created')).toHaveLength(1);
  listener.leave();
  await server.close();
});
