import type { Message } from '../../domain/message.js';
import { partsOf, type MessagePart } from '../../export/message-parts.js';
import { callsOf, outputText, resultSummary } from '../../export/readable.js';
import { ownWords } from '../../sessions/transcript/own-words.js';
import { sizeOf, bytesIn } from '../../text/attachment.js';
import { isRecord } from '../../text/json.js';
import { withoutEncoded } from './encoded.js';

/** How much of a transcript is shown. */
export interface MessageView {
  /** `all`: everything. `words`: text of people and models, without tools. `people`: text of people only. */
  readonly show: 'all' | 'words' | 'people';
  /** Tools as one line each, or with all their input and output. */
  readonly tools: 'folded' | 'full';
}

/** The message roles in a view. System prompts are in none. */
export function rolesOf({ show }: Pick<MessageView, 'show'>): readonly string[] {
  switch (show) {
    case 'all':
      return ['user', 'assistant', 'tool'];
    case 'words':
      return ['user', 'assistant'];
    case 'people':
      return ['user'];
  }
}

/**
 * A message as text for a model, without the reasoning of other models. Files are named instead of included.
 * @returns an empty text if there is nothing to read.
 */
export function messageText(message: Message, view: MessageView): string {
  const said = withoutThoughts(message);
  const texts = said.role === 'tool' ? toolTexts(said, view) : spokenTexts(said, view);
  const tooLarge = message.isTooLarge ? ['[Part of this message is too large to read.]'] : [];
  return withoutEncoded([...texts, ...tooLarge].filter((text) => text !== '').join('\n\n'));
}

/** The providers' names for content parts with the model's reasoning. */
const THOUGHTS: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'reasoning']);

function withoutThoughts(message: Message): Message {
  if (!Array.isArray(message.content)) return message;
  const content: readonly unknown[] = message.content;
  return { ...message, content: content.filter((part) => !(isRecord(part) && THOUGHTS.has(part.type))) };
}

function spokenTexts(message: Message, { show, tools }: MessageView): readonly string[] {
  if (show === 'people') return peoplesTexts(message);
  const body = partsOf(message).map(partText);
  if (show === 'words') return body;
  const calls = callsOf(message).map(({ summary, text }) =>
    tools === 'full' ? `[${summary}]\n${text}` : `[${summary}]`,
  );
  return [...body, ...calls];
}

/** The user's own words, without what Hermes added around them. */
function peoplesTexts(message: Message): readonly string[] {
  return partsOf(message).map((part) =>
    part.kind === 'text' ? (ownWords(part.text) ?? '') : partText(part),
  );
}

function toolTexts(message: Message, { tools }: MessageView): readonly string[] {
  const texts = partsOf(message).map((part) =>
    part.kind === 'text' ? outputText(part.text) : partText(part),
  );
  if (tools === 'full') return texts;
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  return [`[${resultSummary(message)} · ${length} characters]`];
}

function partText(part: MessagePart): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'picture':
      return `[picture, ${sizeOf(bytesIn(part.url.length))}]`;
    case 'link':
      return `[picture ${part.url}]`;
    case 'recording':
    case 'file':
      return `[${part.description}]`;
    case 'data':
      return part.json;
  }
}
