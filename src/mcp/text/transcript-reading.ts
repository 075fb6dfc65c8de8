import type { Message } from '../../domain/message.js';
import { safeCut } from '../../text/safe-cut.js';
import { messageText, type MessageView } from './message-text.js';

/** A message of which there is something to read, or a piece of one. */
export interface ReadMessage {
  readonly message: Message;
  readonly text: string;
  /** Characters of its whole text that come before this piece. */
  readonly skipped: number;
  /** Whether its text goes on behind this piece. */
  readonly isCut: boolean;
}

/** Messages next to each other, oldest first, as many as there is room for. */
export interface ReadPart {
  readonly messages: readonly ReadMessage[];
  /** The last message that was looked at in the direction of reading; undefined where there was none. */
  readonly last: Message | undefined;
  /** Whether more messages follow in the direction of reading. */
  readonly hasMore: boolean;
  /** Characters of room that are left. */
  readonly room: number;
}

/** One page of messages in the direction of reading, behind a message or from where it begins. */
export type PageSource = (
  behind: number | undefined,
) => Promise<{ readonly messages: readonly Message[]; readonly hasMore: boolean }>;

/** Every message takes some room beside its text. */
const HEADING = 64;

/**
 * Reads messages until there is no room for the next one. Of a first message that is longer than all room, a piece is given, so that whoever goes
 * on from piece to piece comes to an end.
 * @param room characters.
 * @param skip characters of the first message that have been read already.
 * @param signal ends it between two pages.
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

/** Where reading begins and how much is read; see {@link readMessages}. */
export interface ReadingBounds {
  readonly room: number;
  readonly skip?: number;
  readonly behind?: number;
  /** Whether a first message that is longer than all room is left out instead. */
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
