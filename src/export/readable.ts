import { stripVTControlCharacters } from 'node:util';
import type { Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';
import { formatInstant } from '../domain/instant.js';
import { besideSummary } from '../sessions/transcript/context-summary.js';
import { inputText, subjectOf, toolCallsIn } from '../text/tool-call.js';
import { toolOutputOf } from '../text/tool-output.js';

/** Longer text is shown as it is, since working out what its Markdown means would take too long; in UTF-16 units. */
export const LONGEST_RENDERED = 32 * 1024;

const ROLES: ReadonlyMap<string, string> = new Map([
  ['user', 'User'],
  ['assistant', 'Assistant'],
  ['system', 'System'],
]);

/** Who says a message; a tool by its name, and what a compaction wrote for the model by what it is. */
export function roleName(message: Pick<Message, 'role' | 'toolName' | 'content'>): string {
  const { role, toolName } = message;
  if (role === 'tool') return toolName === null ? 'Tool' : `Tool ${toolName}`;
  const name = ROLES.get(role) ?? role;
  const own = besideSummary(message);
  if (own === undefined) return name;
  return own === null ? 'Context summary' : `${name} with a context summary`;
}

/** A time for people: `2026-05-01 14:30:12 UTC`. */
export function readableTime(seconds: number | null): string | null {
  return seconds === null ? null : `${formatInstant(seconds).slice(0, 19).replace('T', ' ')} UTC`;
}

/** What a page says of a session above its messages; what is not known is left out. */
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

/** What a session is called: its title, else how it begins. */
export function titleOf({ title, preview, id }: Pick<SessionDetail, 'title' | 'preview' | 'id'>): string {
  return title ?? (preview || id);
}

/** Something that is folded away, and what stands for it. */
export interface Folded {
  readonly summary: string;
  readonly text: string;
}

/** The tools that a message calls, each in a line, and their arguments. */
export function callsOf({ toolCalls }: Pick<Message, 'toolCalls'>): readonly Folded[] {
  return toolCallsIn(toolCalls).map((call) => {
    const subject = subjectOf(call);
    const summary = `Tool call: ${call.name ?? 'tool'}${subject === undefined ? '' : ` · ${subject}`}`;
    return { summary, text: inputText(call.input) };
  });
}

/** What a tool said, as it reads without a terminal. */
export function outputText(content: string): string {
  return stripVTControlCharacters(toolOutputOf(content).text);
}

/** What stands for what a tool said: whether it did what it should, as far as it says so. */
export function resultSummary({ content }: Pick<Message, 'content'>): string {
  if (typeof content !== 'string') return 'Result';
  const { exitCode, isFailed } = toolOutputOf(content);
  if (exitCode !== undefined) return `Result · exit ${exitCode}`;
  return isFailed ? 'Result · failed' : 'Result';
}
