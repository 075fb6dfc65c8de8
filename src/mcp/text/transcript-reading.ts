import type { Message } from '../../domain/message.js';
import { safeCut } from '../../text/safe-cut.js';
import { messageText, type MessageView } from './message-text.js';

/** A message with readable text, or a piece of one. */
export interface ReadMessage {
  readonly message: Message;
  readonly text: string;
  /** Characters of the whole text before this piece. */
  readonly skipped: number;
  /** Whether the text continues after this piece. */
  readonly isCut: boolean;
}

/** Consecutive messages, oldest first, that fit into the room. */
export interface ReadPart {
  readonly messages: readonly ReadMessage[];
  /** The last message examined in the direction of reading; undefined if there was none. */
  readonly last: Message | undefined;
  /** Whether more messages follow in the direction of reading. */
  readonly hasMore: boolean;
  /** Remaining room, in characters. */
  readonly room: number;
}

/** Reads one page of messages in the direction of reading, behind a message or from the start. */
export type PageSource = (
  behind: number | undefined,
) => Promise<{ readonly messages: readonly Message[]; readonly hasMore: boolean }>;

/** Room that every message takes in addition to its text, in characters. */
const HEADING = 64;

/**
 * Reads messages until the next one does not fit. If the first message alone is too long, a piece of it is returned, so that a reader who continues
 * piece by piece reaches the end.
 * @param room characters.
 * @param skip characters of the first message that were read before.
 * @param signal stops the reading between two pages.
 */
export async function readMessages(
  pages: PageSource,
  view: MessageView,
  { room, skip = 0, behind, onlyWhole = false, signal }: ReadingBounds,
): Promise<ReadPart> {
  const read: ReadMessage[] = [];
  let left = room;
  let last: Message | undefined;
  let from = skip;
  for (let after = behind; ;) {
    signal.throwIfAborted();
    const { messages, hasMore } = await pages(after);
    for (const message of messages) {
      const piece = pieceOf(message, messageText(message, view), from);
      if (piece.text !== '') {
        const fits = piece.text.length + HEADING <= left;
        if (!fits && (onlyWhole || read.length > 0))
          return { messages: read, last, hasMore: true, room: left };
        const taken = fits ? piece : cut(piece, Math.max(1, left - HEADING));
        read.push(taken);
        left = Math.max(0, left - taken.text.length - HEADING);
        if (taken.isCut) return { messages: read, last, hasMore: true, room: 0 };
      }
      last = message;
      from = 0;
    }
    if (!hasMore || last === undefined) return { messages: read, last, hasMore: false, room: left };
    after = last.id;
  }
}

/** Where reading begins, and how much is read; see {@link readMessages}. */
export interface ReadingBounds {
  readonly room: number;
  readonly skip?: number;
  readonly behind?: number;
  /** Whether a first message that does not fit is left out instead. */
  readonly onlyWhole?: boolean;
  readonly signal: AbortSignal;
}

function pieceOf(message: Message, text: string, skipped: number): ReadMessage {
  return { message, text: text.slice(safeCut(text, skipped)), skipped, isCut: false };
}

function cut(piece: ReadMessage, length: number): ReadMessage {
  const end = Math.max(1, safeCut(piece.text, length));
  return { ...piece, text: piece.text.slice(0, end), isCut: end < piece.text.length };
}
