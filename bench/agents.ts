import { LONG_SESSION } from './histories/history.js';
import { SEARCH_WORDS } from './histories/prose.js';
import { Caller, latencyOf, median } from './load.js';
import type { Result } from './report.js';
import type { ServerProcess } from './servers.js';

/** A tool call of an agent, and the equivalent API request. */
interface Asked {
  readonly work: string;
  readonly tool: string;
  readonly input: object;
  readonly path: string;
}

const ASKED: readonly Asked[] = [
  {
    work: 'find 20 conversations',
    tool: 'find_conversations',
    input: { limit: 20 },
    path: '/v1/sessions?limit=20',
  },
  {
    work: 'find a rare word',
    tool: 'find_conversations',
    input: { limit: 20, text: SEARCH_WORDS.rare },
    path: `/v1/sessions?limit=20&search=${SEARCH_WORDS.rare}`,
  },
  {
    work: 'read the start of 5,000 messages, as many as usual',
    tool: 'read_conversation',
    input: { id: LONG_SESSION },
    path: `/v1/sessions/${LONG_SESSION}/messages?limit=50&lineage=true`,
  },
  {
    work: 'find in 5,000 messages',
    tool: 'find_in_conversation',
    input: { id: LONG_SESSION, text: SEARCH_WORDS.occasional },
    path: `/v1/sessions/${LONG_SESSION}/messages?limit=10&lineage=true&search=${SEARCH_WORDS.occasional}`,
  },
  {
    work: 'where to resume',
    tool: 'where_to_resume',
    input: { id: LONG_SESSION },
    path: `/v1/sessions/${LONG_SESSION}`,
  },
  { work: 'statistics', tool: 'history_statistics', input: {}, path: '/v1/sessions/stats' },
  { work: 'profiles', tool: 'list_profiles', input: {}, path: '/v1/profiles' },
];

/** Measures each tool in turns with the equivalent API request. */
export async function measureAgents(
  server: ServerProcess,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { work, tool, input, path } of ASKED) {
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const caller = new Caller();
      const called: number[] = [];
      const asked: number[] = [];
      const end = performance.now() + seconds * 500;
      while (performance.now() < end || called.length < 5) {
        called.push((await caller.callTool(`${server.url}/mcp`, tool, input)).milliseconds);
        asked.push((await caller.get(`${server.url}${path}`)).milliseconds);
      }
      caller.close();
      ratios.push(latencyOf(called).p50 / latencyOf(asked).p50);
    }
    results.push({
      work: `agents: ${work} ÷ the API, p50`,
      bar: '≤ 2 ×',
      value: median(ratios),
      unit: '×',
      limit: { atMost: 2 },
    });
  }
  return results;
}
