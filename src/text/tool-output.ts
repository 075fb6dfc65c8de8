import { decodedJson, isRecord } from './tool-call.js';

/** What a tool said. */
export interface ToolOutput {
  /** What there is to read; escape sequences of terminals are left in it. */
  readonly text: string;
  /** Status that a command ended with. */
  readonly exitCode: number | undefined;
  /** Whether the tool says that it failed. */
  readonly isFailed: boolean;
}

/** What a tool's answer in JSON holds that is shown in a way of its own. */
interface Answer {
  readonly output?: unknown;
  readonly error?: unknown;
  readonly exit_code?: unknown;
  readonly success?: unknown;
}

/**
 * What a tool said, out of the JSON that Hermes's tools put around it: `{"output": …, "exit_code": 0}` of a shell, `{"error": …}` of
 * all others. Other JSON is laid out in lines.
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
