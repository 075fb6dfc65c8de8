import { stripVTControlCharacters } from 'node:util';
import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';
import { formatInstant } from '../domain/instant.js';
import { besideSummary } from '../sessions/transcript/context-summary.js';
import { inputText, subjectOf, toolCallsIn } from '../text/tool-call.js';
import { toolOutputOf } from '../text/tool-output.js';

/** Longer texts, in UTF-16 units, are shown as plain text, because parsing their Markdown would take too long. */
export const LONGEST_RENDERED = 32 * 1024;

const ROLES: ReadonlyMap<string, string> = new Map([
  ['user', 'User'],
  ['assistant', 'Assistant'],
  ['system', 'System'],
]);

/** The author of a message; for tools their name, for a compaction's text what it is. */
export function roleName(message: Pick<Message, 'role' | 'toolName' | 'content'>): string {
  const { role, toolName } = message;
  if (role === 'tool') return toolName === null ? 'Tool' : `Tool ${toolName}`;
  const name = ROLES.get(role) ?? role;
  const own = besideSummary(message);
  if (own === undefined) return name;
  return own === null ? 'Context summary' : `${name} with a context summary`;
}

/** A readable time: `2026-05-01 14:30:12 UTC`. */
export function readableTime(seconds: number | null): string | null {
  return seconds === null ? null : `${formatInstant(seconds).slice(0, 19).replace('T', ' ')} UTC`;
}

/** The facts of a session that a page shows above its messages; unknown ones are omitted. */
export function factsOf(session: SessionDetail): readonly (readonly [name: string, value: string])[] {
  const facts = [
    ['Session', session.id],
    ['Platform', session.platform],
    ['Model', session.model],
    ['Started', readableTime(session.startedAt)],
    ['Last active', readableTime(session.lastActiveAt)],
  ] as const;
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** The title of a session, or else its beginning. */
export function titleOf({ title, preview, id }: Pick<SessionDetail, 'title' | 'preview' | 'id'>): string {
  return title ?? (preview || id);
}

/** A collapsed text with its summary line. */
export interface Folded {
  readonly summary: string;
  readonly text: string;
}

/** The tool calls of a message, each with a summary line and its arguments. */
export function callsOf({ toolCalls }: Pick<Message, 'toolCalls'>): readonly Folded[] {
  return toolCallsIn(toolCalls).map((call) => {
    const subject = subjectOf(call);
    const summary = `Tool call: ${call.name ?? 'tool'}${subject === undefined ? '' : ` · ${subject}`}`;
    return { summary, text: inputText(call.input) };
  });
}

/** The output of a tool without terminal escape sequences. */
export function outputText(content: string): string {
  return stripVTControlCharacters(toolOutputOf(content).text);
}

/** The summary line of a tool's output, with its status if the tool reports one. */
export function resultSummary({ content }: Pick<Message, 'content'>): string {
  if (typeof content !== 'string') return 'Result';
  const { exitCode, isFailed } = toolOutputOf(content);
  if (exitCode !== undefined) return `Result · exit ${exitCode}`;
  return isFailed ? 'Result · failed' : 'Result';
}
