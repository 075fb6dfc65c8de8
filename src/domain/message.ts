import type { StoredRow } from './session.js';

/** A message of a transcript that a search found. */
export interface MessageHit {
  readonly message: Message;
  /** How many messages of the transcript precede it, in the requested order. */
  readonly position: number;
  /** The text around the first hit, as HTML: hits in `<mark>`, everything else escaped. */
  readonly snippet: string;
}

/** One message of a transcript; missing values are null. */
export interface Message {
  /** Grows with every message of the history. */
  readonly id: number;
  readonly sessionId: string;
  /** user, assistant, tool or system. */
  readonly role: string;
  /** Text, a list of content parts (text, images, …), or null. */
  readonly content: unknown;
  /** Epoch seconds as stored; null if unknown. */
  readonly timestamp: number | null;
  /** Decoded; the stored text if it is not valid JSON. */
  readonly toolCalls: unknown;
  readonly toolCallId: string | null;
  readonly toolName: string | null;
  /** The model's reasoning, in either of Hermes's two columns for it; see {@link thoughtsOf}. */
  readonly reasoning: string | null;
  readonly reasoningContent: string | null;
  readonly finishReason: string | null;
  readonly tokenCount: number | null;
  /** false if it was rewound, or replaced by a compaction. */
  readonly isActive: boolean;
  /** Whether a part of it is omitted because it is too large to read. */
  readonly isTooLarge: boolean;
  /** Columns of its row that are in no other field; only if requested. */
  readonly row?: StoredRow;
}

/** The model's reasoning from either column; null if there is none. */
export function thoughtsOf({ reasoning, reasoningContent }: Message): string | null {
  return reasoning ?? reasoningContent;
}
