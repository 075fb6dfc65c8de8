import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message, MessageHit } from '../../domain/message.js';
import type { SearchQuery } from '../search/search-query.js';
import { toSnippet } from '../search/snippet.js';
import { satisfies } from '../search/text-matcher.js';
import type { MessagePlace } from './message-place.js';

/** The messages of a transcript that match a search, oldest first, in arrays that can be transferred between threads. */
export interface FoundMessages {
  readonly ids: Float64Array;
  /** The row of each message that matched: a compaction may have shortened the row that is shown. */
  readonly rows: Float64Array;
  /** The position of each message in the transcript, from the oldest. */
  readonly positions: Float64Array;
  /** Number of messages in the transcript. */
  readonly length: number;
}

/** The result of a search without searchable terms. */
export const NOTHING_FOUND: FoundMessages = {
  ids: new Float64Array(0),
  rows: new Float64Array(0),
  positions: new Float64Array(0),
  length: 0,
};

/** A row of a message, with its id and the position of its message. */
export interface TranscriptRow extends MessagePlace {
  /** Whether the transcript shows this row of its message. */
  readonly isShown: boolean;
}

/** Collects the messages of a transcript that match a search. As in searches of lists, any row of a message can match. */
export class TranscriptSearch {
  /** By row id, the id of the row that is shown of its message. */
  readonly #shown: ReadonlyMap<number, number>;
  /** By id of the shown row, the row that matched. */
  readonly #found = new Map<number, number>();

  /** @param rows all searched rows, in the order of the transcript. */
  constructor(
    private readonly query: SearchQuery,
    private readonly rows: readonly TranscriptRow[],
  ) {
    const shownAt = new Map(rows.filter(({ isShown }) => isShown).map(({ at, id }) => [at, id]));
    this.#shown = new Map(
      rows.flatMap(({ at, id, isShown }) => {
        const shown = isShown ? id : shownAt.get(at);
        return shown === undefined ? [] : [[id, shown] as const];
      }),
    );
  }

  /** @param text the searched text of the row. */
  add(id: number, text: string): void {
    const shown = this.#shown.get(id);
    if (shown === undefined || (id !== shown && this.#found.has(shown))) return;
    if (satisfies(this.query, text)) this.#found.set(shown, id);
  }

  found(): FoundMessages {
    const messages = this.rows.filter(({ isShown }) => isShown);
    const found = messages.flatMap(({ id }, position) => {
      const row = this.#found.get(id);
      return row === undefined ? [] : [{ id, row, position }];
    });
    return {
      ids: Float64Array.from(found, ({ id }) => id),
      rows: Float64Array.from(found, ({ row }) => row),
      positions: Float64Array.from(found, ({ position }) => position),
      length: messages.length,
    };
  }
}

/** A found message with its position in some order. */
export interface FoundMessage {
  readonly id: number;
  /** The row that matched. */
  readonly row: number;
  readonly position: number;
}

/** The ids of all rows to read for found messages. */
export function rowsOfFound(found: readonly FoundMessage[]): readonly number[] {
  return [...new Set(found.flatMap(({ id, row }) => [id, row]))];
}

/** The size of the rows to read for a found message. @param sizes by row id. */
export function bytesOfFound({ id, row }: FoundMessage, sizes: ReadonlyMap<number, number>): number {
  return (sizes.get(id) ?? 0) + (row === id ? 0 : (sizes.get(row) ?? 0));
}

/** A page of the found messages, in the given order. */
export function pageOfFound(
  { ids, rows, positions, length }: FoundMessages,
  {
    order,
    offset,
    limit,
  }: { readonly order: 'asc' | 'desc'; readonly offset: number; readonly limit: number },
): readonly FoundMessage[] {
  const found = Array.from(ids, (id, at) => ({
    id,
    row: rows[at] ?? id,
    position: positions[at] ?? 0,
  }));
  if (order === 'asc') return found.slice(offset, offset + limit);
  return found
    .reverse()
    .slice(offset, offset + limit)
    .map(({ position, ...message }) => ({ ...message, position: length - 1 - position }));
}

/** The start of the page that contains a position. */
export function pageStart(position: number, limit: number): number {
  return position - (position % limit);
}

/** Access to the messages that were read for a page of hits. */
export interface ReadFound {
  readonly messageOf: (id: number) => Message | undefined;
  /** The searched text of a row. */
  readonly textOf: (row: number) => string | undefined;
}

/**
 * The found messages with the text around their first hit; messages that were deleted meanwhile are left out. Scanning a text of
 * megabytes takes milliseconds, so it yields to the event loop before each.
 */
export async function hitsOf(
  query: SearchQuery,
  found: readonly FoundMessage[],
  { messageOf, textOf }: ReadFound,
): Promise<readonly MessageHit[]> {
  const hits: MessageHit[] = [];
  for (const { id, row, position } of found) {
    await nextTurn();
    const message = messageOf(id);
    const text = textOf(row);
    if (message !== undefined && text !== undefined)
      hits.push({ message, position, snippet: toSnippet(query, text) });
  }
  return hits;
}
