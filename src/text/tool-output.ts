import { decodedJson, isRecord } from './json.js';

/** The output of a tool. */
export interface ToolOutput {
  /** The readable text; terminal escape sequences are kept. */
  readonly text: string;
  /** Exit status of a command. */
  readonly exitCode: number | undefined;
  /** Whether the tool reports a failure. */
  readonly isFailed: boolean;
}

/** Fields of a tool's JSON answer that are shown in a special way. */
interface Answer {
  readonly output?: unknown;
  readonly error?: unknown;
  readonly exit_code?: unknown;
  readonly success?: unknown;
}

/**
 * Extracts a tool's output from the JSON of Hermes's tools: `{"output": …, "exit_code": 0}` of a shell, `{"error": …}` of all others.
 * Other JSON is indented.
 */
export function toolOutputOf(content: string): ToolOutput {
  const answer = parsed(content);
  if (answer === undefined) return { text: content, exitCode: undefined, isFailed: false };
  if (!isRecord(answer)) return { text: inLines(answer), exitCode: undefined, isFailed: false };
  const {
    output,
    error,
    exit_code: code,
    success,
    ...rest
  }: Answer & Readonly<Record<string, unknown>> = answer;
  const exitCode = typeof code === 'number' ? code : undefined;
  const hasError = typeof error === 'string' && error !== '';
  const isFailed = hasError || success === false || (exitCode !== undefined && exitCode !== 0);
  if (typeof output !== 'string' && !hasError) return { text: inLines(answer), exitCode, isFailed };
  const others = Object.keys(rest).length === 0 ? [] : [inLines(rest)];
  const texts = [...(typeof output === 'string' ? [output] : []), ...(hasError ? [error] : []), ...others];
  return { text: texts.filter((text) => text !== '').join('\n'), exitCode, isFailed };
}

function parsed(content: string): unknown {
  return /^\s*[[{]/.test(content) ? decodedJson(content) : undefined;
}

function inLines(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
