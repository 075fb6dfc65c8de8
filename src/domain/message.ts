import type { StoredRow } from './session.js';

/** A message of a transcript that a search found. */
export interface MessageHit {
  readonly message: Message;
  /** How many messages of the transcript come before it, in the order that was asked for. */
  readonly position: number;
  /** The text around the first hit, as HTML: hits in `<mark>`, everything else escaped. */
  readonly snippet: string;
}

/** One message of a transcript; what it does not have is null. */
export interface Message {
  /** Grows with every message of the history. */
  readonly id: number;
  readonly sessionId: string;
  /** user, assistant, tool or system. */
  readonly role: string;
  /** Text, a list of content parts (text, images, …), or null. */
  readonly content: unknown;
  /** Epoch seconds as they are stored; null where unknown. */
  readonly timestamp: number | null;
  /** Decoded; the stored text where it is not valid JSON. */
  readonly toolCalls: unknown;
  readonly toolCallId: string | null;
  readonly toolName: string | null;
  /** What the model thought, in either of the two places that Hermes has for it; see {@link thoughtsOf}. */
  readonly reasoning: string | null;
  readonly reasoningContent: string | null;
  readonly finishReason: string | null;
  readonly tokenCount: number | null;
  /** false where it was rewound, or replaced by a compaction. */
  readonly isActive: boolean;
  /** Whether something of it is left out because it is too large to be read. */
  readonly isTooLarge: boolean;
  /** What its row has that no other field tells; only where it was asked for. */
  readonly row?: StoredRow;
}

/** What the model thought before it said this, wherever it is kept; null where it is not. */
export function thoughtsOf({ reasoning, reasoningContent }: Message): string | null {
  return reasoning ?? reasoningContent;
}
