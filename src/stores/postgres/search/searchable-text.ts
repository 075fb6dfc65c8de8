import { readableText } from '../../../sessions/transcript/message-content.js';
import { MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';

/** Characters of a tool's output that newer versions of Hermes index. */
const CUT = 8192;

/** What of a message a search looks at. */
export interface SearchedMessage {
  readonly content: string | null;
  readonly toolName: string | null;
  readonly toolCalls: string | null;
  readonly state: number;
}

/** The text that words are looked for in: as much of a message as its origin's own index of words has. */
export function wordText({ content, toolName, toolCalls, state }: SearchedMessage): string {
  const text = cutText(readableText(content), state);
  if ((state & MESSAGE_STATE.contentAlone) !== 0) return text;
  return joined([text, toolName, toolCalls]);
}

/** The text that parts of words are looked for in. */
export function partText({ content, toolName, toolCalls, state }: SearchedMessage): string {
  return joined([cutText(readableText(content), state), toolName, toolCalls]);
}

/** The text that an excerpt is taken from: all of it. */
export function wholeText({ content, toolName, toolCalls }: Omit<SearchedMessage, 'state'>): string {
  return joined([readableText(content), toolName, toolCalls]);
}

function cutText(text: string, state: number): string {
  return (state & MESSAGE_STATE.cut) === 0 || text.length <= CUT ? text : text.slice(0, CUT);
}

function joined(texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== '').join(' ');
}
