import { scryptSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { decodeCursor, encodeCursor, type Cursor } from '../domain/cursor.js';
import { DomainError } from '../domain/errors.js';
import { Seal } from '../domain/seal.js';
import type { SearchPlace, SessionSort } from './session-query.js';

/** What a list searches for, and where, as named in requests. */
interface ListSearch {
  readonly search?: string;
  readonly search_in?: SearchPlace;
}

/**
 * Encodes and decodes cursors. The relevance of an entry depends on how many messages of all users contain the words, so relevance
 * cursors are encrypted: a restricted key could otherwise read that number, or find it with forged cursors. A relevance cursor belongs to
 * one search, because the numbers of two searches cannot be compared.
 */
@Injectable()
export class SessionCursors {
  #seal: Seal | undefined;

  constructor(private readonly settings: Settings) {}

  /** Opaque text for `next_cursor`. */
  encode(cursor: Cursor, search: ListSearch): string {
    const text = encodeCursor(cursor);
    return cursor.sort === 'relevance' ? this.#sealed.close(Buffer.from(text), contextOf(search)) : text;
  }

  /**
   * Decodes an `after` parameter.
   * @throws {DomainError} `invalid_cursor` if the text was not made by {@link encode} for this order and search, by a server with this key.
   */
  decode(text: string, sort: SessionSort, search: ListSearch): Cursor {
    if (sort !== 'relevance') return decodeCursor(text, sort);
    const opened = this.#sealed.open(text, contextOf(search));
    if (opened === undefined) throw new DomainError('invalid_cursor', { param: 'after' });
    return decodeCursor(opened.toString(), sort);
  }

  /**
   * Servers of one history share their key, and so accept each other's cursors. scrypt makes guessing the API key from a cursor
   * expensive.
   */
  get #sealed(): Seal {
    this.#seal ??= new Seal(scryptSync(this.settings.API_SERVER_KEY, 'hermes-sessions cursors', 32));
    return this.#seal;
  }
}

/** The text that binds a relevance cursor to its search. */
function contextOf({ search, search_in: place }: ListSearch): string {
  return JSON.stringify([search, place ?? 'all']);
}
