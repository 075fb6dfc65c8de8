import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { TestConsole } from './console.js';
import { until } from './wait.js';

/** A message. */
export interface Said {
  readonly role: 'user' | 'assistant' | 'tool' | 'system';
  readonly content: string;
  readonly calls?: readonly Call[];
  /** For a tool result: the id of its call, and the tool's name. */
  readonly of?: readonly [id: string, tool: string];
}

/** A tool call. */
export interface Call {
  readonly id: string;
  readonly tool: string;
  readonly input: unknown;
}

export const user = (content: string): Said => ({ role: 'user', content });
export const assistant = (content: string, ...calls: readonly Call[]): Said => ({
  role: 'assistant',
  content,
  calls,
});
export const call = (id: string, tool: string, input: unknown): Call => ({ id, tool, input });
export const result = (id: string, tool: string, content: string): Said => ({
  role: 'tool',
  content,
  of: [id, tool],
});

/** Two tool calls with text before and after them. */
export const WORK: readonly Said[] = [
  user('Is everything fine?'),
  assistant(
    '',
    call('c1', 'terminal', { command: 'make check' }),
    call('c2', 'read_file', { path: 'src/a.ts' }),
  ),
  result(
    'c1',
    'terminal',
    JSON.stringify({
      output: '\u001b[31mERROR\u001b[0m in line 3\nsecond line\n',
      exit_code: 2,
      error: null,
    }),
  ),
  result('c2', 'read_file', 'const marmalade = 1;'),
  assistant('No.'),
];

/** Writes a conversation like Hermes, with one second between messages. @returns the ids of its messages. */
export async function writeConversation(
  view: TestConsole,
  id: string,
  said: readonly Said[],
): Promise<readonly number[]> {
  const writer = HistoryWriter.open(view.path);
  const now = Math.floor(Date.now() / 1000) - 10_000;
  const ids: number[] = [];
  writer.together(() => {
    writer.addSession({ id, source: 'cli', title: `About ${id}`, started_at: now });
    for (const [at, { role, content, calls = [], of: [callId, tool] = [null, null] }] of said.entries())
      ids.push(
        writer.addMessage({
          ...{ session_id: id, role, content, timestamp: now + at, tool_call_id: callId, tool_name: tool },
          tool_calls:
            calls.length === 0
              ? null
              : JSON.stringify(
                  calls.map(({ id: own, tool: name, input }) => ({
                    ...{ id: own, type: 'function' },
                    function: { name, arguments: JSON.stringify(input) },
                  })),
                ),
        }),
      );
  });
  writer.close();
  await until(async () => (await view.statusOf(id)) === 200);
  return ids;
}
