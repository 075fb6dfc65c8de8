import { decodedJson, isRecord } from './json.js';

/** A call of a tool. */
export interface ToolCall {
  /** The id that its result refers to. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Its arguments, decoded; the stored text if it is not JSON. */
  readonly input: unknown;
}

/** Names of arguments that show what a call is about, the most telling first. */
const SUBJECTS = [
  'command',
  'cmd',
  'code',
  'path',
  'file_path',
  'filename',
  'file',
  'query',
  'pattern',
  'url',
  'urls',
  'question',
  'goal',
  'task',
  'prompt',
  'title',
  'name',
  'text',
  'content',
  'action',
] as const;

/** Arguments that are shell commands. */
const COMMANDS: ReadonlySet<string> = new Set(['command', 'cmd']);

/** The calls of a message, from their stored form, in the formats of OpenAI and Anthropic. */
export function toolCallsIn(calls: unknown): readonly ToolCall[] {
  if (calls === null || calls === undefined) return [];
  return (Array.isArray(calls) ? calls : [calls]).map(toToolCall);
}

/** Arguments as text: indented JSON. */
export function inputText(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input ?? {}, null, 2);
}

/** What a call is about, in one line: `$ npm test` for a shell, a path, a query; undefined if the arguments do not show it. */
export function subjectOf({ input }: Pick<ToolCall, 'input'>): string | undefined {
  if (typeof input === 'string') return firstLine(input);
  if (!isRecord(input)) return undefined;
  for (const name of SUBJECTS) {
    const value = input[name];
    const [text] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
    if (typeof text !== 'string' || text.trim() === '') continue;
    return COMMANDS.has(name) ? `$ ${firstLine(text) ?? ''}` : firstLine(text);
  }
  return undefined;
}

function toToolCall(call: unknown): ToolCall {
  if (!isRecord(call)) return { id: undefined, name: undefined, input: call };
  const body = isRecord(call.function) ? call.function : call;
  const id = call.id ?? call.call_id;
  const isNamed = typeof body.name === 'string';
  return {
    id: typeof id === 'string' ? id : undefined,
    name: isNamed ? (body.name as string) : undefined,
    input: isNamed ? decoded(body.arguments ?? body.input) : call,
  };
}

/** Decodes arguments, which are usually JSON in a string. */
function decoded(input: unknown): unknown {
  if (typeof input !== 'string') return input ?? {};
  const value = decodedJson(input);
  return value === undefined ? input : value;
}

function firstLine(text: string): string | undefined {
  const lines = text.trim().split('\n');
  const [first = ''] = lines;
  if (first === '') return undefined;
  return lines.length > 1 ? `${first} …` : first;
}
