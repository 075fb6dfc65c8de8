import type { Message, MessageHit } from '../../domain/message.js';
import type { SearchQuery } from '../search/search-query.js';
import { toSnippet } from '../search/snippet.js';
import { satisfies } from '../search/text-matcher.js';

/** The messages of a transcript that satisfy a search, oldest first, in columns that threads can hand over. */
export interface FoundMessages {
  readonly ids: Float64Array;
  /** How many messages of the transcript come before each, from the oldest. */
  readonly positions: Float64Array;
  /** Messages of the transcript. */
  readonly length: number;
}

/** Nothing was searched for, so that nothing was found. */
export const NOTHING_FOUND: FoundMessages = {
  ids: new Float64Array(0),
  positions: new Float64Array(0),
  length: 0,
};

/** Gathers the messages of a transcript that satisfy a search, of which all messages are shown to it in order. */
export class TranscriptSearch {
  readonly #ids: number[] = [];
  readonly #positions: number[] = [];
  #length = 0;

  constructor(private readonly query: SearchQuery) {}

  /** @param text all that is searched in the next message. */
  add(id: number, text: string): void {
    if (satisfies(this.query, text)) {
      this.#ids.push(id);
      this.#positions.push(this.#length);
    }
    this.#length++;
  }

  found(): FoundMessages {
    return {
      ids: Float64Array.from(this.#ids),
      positions: Float64Array.from(this.#positions),
      length: this.#length,
    };
  }
}

/** A message that was found, and how many of its transcript come before it in some order. */
export interface FoundMessage {
  readonly id: number;
  readonly position: number;
}

/** One page of what was found, in an order. */
export function pageOfFound(
  { ids, positions, length }: FoundMessages,
  {
    order,
    offset,
    limit,
  }: { readonly order: 'asc' | 'desc'; readonly offset: number; readonly limit: number },
): readonly FoundMessage[] {
  const found = Array.from(ids, (id, at) => ({ id, position: positions[at] ?? 0 }));
  if (order === 'asc') return found.slice(offset, offset + limit);
  return found
    .reverse()
    .slice(offset, offset + limit)
    .map(({ id, position }) => ({ id, position: length - 1 - position }));
}

/** The place of the first message of a page in which another place lies. */
export function pageStart(position: number, limit: number): number {
  return position - (position % limit);
}

/** What was found, with the text around each hit; messages that are gone meanwhile are left out. @param messageOf a message, and all that is searched in it. */
export function hitsOf(
  query: SearchQuery,
  found: readonly FoundMessage[],
  messageOf: (id: number) => { readonly message: Message; readonly text: string } | undefined,
): readonly MessageHit[] {
  return found.flatMap(({ id, position }) => {
    const hit = messageOf(id);
    return hit === undefined ? [] : [{ message: hit.message, position, snippet: toSnippet(query, hit.text) }];
  });
}
