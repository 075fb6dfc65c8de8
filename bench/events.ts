import { HistoryWriter } from '../src/demo/state-db/history-writer.js';
import { latencyOf } from './load.js';
import type { Result } from './report.js';
import { KEY, type ServerProcess } from './servers.js';

/** Number of messages to measure, one after the other. */
const COMMITS = 100;

/** Timeout for an event, in milliseconds. */
const LONGEST = 10_000;

/** Measures the time from an agent's commit until a listener receives its event. */
export async function measureEvents(server: ServerProcess, stateDb: string): Promise<Result> {
  const writer = HistoryWriter.open(stateDb);
  // By default listeners get no events of archived sessions.
  const listed =
    'SELECT id FROM sessions WHERE archived = 0 AND parent_session_id IS NULL ORDER BY rowid DESC';
  const session = String(writer.db.prepare(listed).pluck().get());
  const ended = new AbortController();
  const response = await fetch(`${server.url}/v1/sessions/events`, {
    headers: { authorization: `Bearer ${KEY}` },
    signal: ended.signal,
  });
  const hear = listenerOf(response);
  await hear('heartbeat');
  const times: number[] = [];
  for (let number = 0; number < COMMITS; number++) {
    const content = `A message to be heard, number ${number}.`;
    writer.addMessage({ session_id: session, role: 'user', content, timestamp: Date.now() / 1000 });
    const committed = performance.now();
    await hear(content);
    times.push(performance.now() - committed);
  }
  ended.abort();
  writer.close();
  const { p50, p99 } = latencyOf(times);
  return {
    work: 'a message is heard of by a listener, p50',
    bar: '≤ 50 ms',
    value: p50,
    tail: p99,
    unit: 'ms',
    limit: { atMost: 50 },
  };
}

/** @returns a function that waits until a text arrives in the stream. */
function listenerOf({ body }: Response): (text: string) => Promise<void> {
  if (body === null) throw new Error('There is no stream of events.');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let heard = '';
  return async (text) => {
    const end = performance.now() + LONGEST;
    while (!heard.includes(text)) {
      const { value, done } = await reader.read();
      if (done || performance.now() > end) throw new Error(`"${text}" was not heard.`);
      heard += value;
    }
    heard = '';
  };
}
