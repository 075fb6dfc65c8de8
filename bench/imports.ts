import { AgentProcess, type Committed } from './agent-process.js';
import { latencyOf } from './load.js';
import type { Result } from './report.js';
import { KEY, type ServerProcess } from './servers.js';

/** Messages of the longest session that Hermes's dashboard accepts. */
const MESSAGES = 10_000;

/** Words per message. */
const WORDS = 60;

/** Measures how long agents wait to write while a long session is imported. */
export async function measureAgentsBesideImport(
  server: ServerProcess,
  stateDb: string,
): Promise<readonly Result[]> {
  const agent = AgentProcess.start(stateDb, 50);
  while (agent.committed.length < 50) await new Promise((next) => setTimeout(next, 10));
  const alone = [...agent.committed];
  await importLongSession(server);
  const beside = agent.committed.slice(alone.length);
  await agent.stop();
  const longest = Math.max(...beside.map(({ waited }) => waited));
  return [
    { work: "an agent's commit, p99", value: p99(alone), unit: 'ms' },
    {
      work: `the same while ${MESSAGES.toLocaleString('en-US')} messages are imported, p99`,
      bar: '≤ 100 ms',
      value: p99(beside),
      unit: 'ms',
      limit: { atMost: 100 },
    },
    { work: 'the same, longest', value: longest, unit: 'ms' },
  ];
}

function p99(committed: readonly Committed[]): number {
  return latencyOf(committed.map(({ waited }) => waited)).p99;
}

/** @throws {Error} if the import is refused. */
async function importLongSession(server: ServerProcess): Promise<void> {
  const content = Array.from({ length: WORDS }, (_, at) => `word${at}`).join(' ');
  const started = Date.now() / 1000 - MESSAGES;
  const session = {
    id: `imported_${Math.floor(started)}`,
    source: 'cli',
    started_at: started,
    messages: Array.from({ length: MESSAGES }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: `${at} ${content}`,
      timestamp: started + at,
    })),
  };
  const response = await fetch(`${server.url}/dashboard/api/sessions/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ sessions: [session] }),
  });
  const answer = await response.text();
  if (!response.ok || !answer.includes('"imported":1')) throw new Error(`${response.status} ${answer}`);
}
