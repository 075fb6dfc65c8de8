/** An agent that writes beside the server: it appends messages to open conversations, one transaction each. */
import { HistoryWriter } from '../src/demo/state-db/history-writer.js';

const [, , path = '', perSecond = '50'] = process.argv;

const writer = HistoryWriter.open(path);
const sessions = writer.db
  .prepare<[], string>(
    "SELECT id FROM sessions WHERE archived = 0 AND parent_session_id IS NULL AND ended_at IS NOT NULL AND end_reason = 'user_exit' ORDER BY started_at DESC LIMIT 10",
  )
  .pluck()
  .all();
let written = 0;

/** Prints each committed message, so that the benchmark can look for it, and how long the commit took. */
function append(): void {
  const sessionId = sessions[written % sessions.length] ?? '';
  const at = Date.now();
  const begun = performance.now();
  const id = writer.addMessage({
    session_id: sessionId,
    role: written % 2 === 0 ? 'user' : 'assistant',
    content: `A message about the deployment, number ${written}`,
    timestamp: at / 1000,
  });
  const waited = performance.now() - begun;
  written++;
  process.stdout.write(`${id} ${sessionId} ${at} ${waited}\n`);
}

setInterval(append, 1000 / Number(perSecond));
process.once('SIGTERM', () => {
  writer.close();
  process.exit(0);
});
