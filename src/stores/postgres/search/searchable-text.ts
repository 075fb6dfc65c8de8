import { readableText } from '../../../sessions/transcript/message-content.js';
import { MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';

/** Newer versions of Hermes index only this many characters of a tool's output. */
const CUT = 8192;

/** The parts of a message that a search compares. */
export interface SearchedMessage {
  readonly content: string | null;
  readonly toolName: string | null;
  readonly toolCalls: string | null;
  readonly state: number;
}

/** The text for word search: as much of a message as the origin's own word index has. */
export function wordText({ content, toolName, toolCalls, state }: SearchedMessage): string {
  const text = cutText(readableText(content), state);
  if ((state & MESSAGE_STATE.contentAlone) !== 0) return text;
  return joined([text, toolName, toolCalls]);
}

/** The text for substring search. */
export function partText({ content, toolName, toolCalls, state }: SearchedMessage): string {
  return joined([cutText(readableText(content), state), toolName, toolCalls]);
}

/** The whole text, from which excerpts are taken. */
export function wholeText({ content, toolName, toolCalls }: Omit<SearchedMessage, 'state'>): string {
  return joined([readableText(content), toolName, toolCalls]);
}

function cutText(text: string, state: number): string {
  return (state & MESSAGE_STATE.cut) === 0 || text.length <= CUT ? text : text.slice(0, CUT);
}

function joined(texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== '').join(' ');
}
