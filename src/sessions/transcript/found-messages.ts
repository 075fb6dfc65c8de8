import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message, MessageHit } from '../../domain/message.js';
import type { SearchQuery } from '../search/search-query.js';
import { toSnippet } from '../search/snippet.js';
import { satisfies } from '../search/text-matcher.js';
import type { MessagePlace } from './message-place.js';

/** The messages of a transcript that satisfy a search, oldest first, in columns that threads can hand over. */
export interface FoundMessages {
  readonly ids: Float64Array;
  /** The row of each in which it was found, where it has several: a compaction may have shortened the one that is shown. */
  readonly rows: Float64Array;
  /** How many messages of the transcript come before each, from the oldest. */
  readonly positions: Float64Array;
  /** Messages of the transcript. */
  readonly length: number;
}

/** Nothing was searched for, so that nothing was found. */
export const NOTHING_FOUND: FoundMessages = {
  ids: new Float64Array(0),
  rows: new Float64Array(0),
  positions: new Float64Array(0),
  length: 0,
};

/** A row of a message, by its id and where the message stands. */
export interface TranscriptRow extends MessagePlace {
  /** Whether it is the one that the transcript shows of its message. */
  readonly isShown: boolean;
}

/** Gathers the messages of a transcript that satisfy a search. As in a list's search, any row of a message will do. */
export class TranscriptSearch {
  /** The row that is shown of each message, by the ids of all its rows. */
  readonly #shown: ReadonlyMap<number, number>;
  /** The row in which a message was found, by the id of the one that is shown. */
  readonly #found = new Map<number, number>();

  /** @param rows all that are searched, in the order of the transcript. */
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

  /** @param text all that is searched in a row. */
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

/** A message that was found, and how many of its transcript come before it in some order. */
export interface FoundMessage {
  readonly id: number;
  /** The row of it in which it was found. */
  readonly row: number;
  readonly position: number;
}

/** All rows that are read of what was found. */
export function rowsOfFound(found: readonly FoundMessage[]): readonly number[] {
  return [...new Set(found.flatMap(({ id, row }) => [id, row]))];
}

/** How many bytes are read of a message that was found. @param sizes by the ids of rows. */
export function bytesOfFound({ id, row }: FoundMessage, sizes: ReadonlyMap<number, number>): number {
  return (sizes.get(id) ?? 0) + (row === id ? 0 : (sizes.get(row) ?? 0));
}

/** One page of what was found, in an order. */
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

/** The place of the first message of a page in which another place lies. */
export function pageStart(position: number, limit: number): number {
  return position - (position % limit);
}

/** What was read of the messages of a page of hits. */
export interface ReadFound {
  readonly messageOf: (id: number) => Message | undefined;
  /** All that is searched in a row. */
  readonly textOf: (row: number) => string | undefined;
}

/**
 * What was found, with the text around each hit; messages that are gone meanwhile are left out. Texts can have megabytes, of which each takes some
 * milliseconds to be looked through: each hit has a turn of its own.
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
