import { scryptSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { decodeCursor, encodeCursor, type Cursor } from '../domain/cursor.js';
import { DomainError } from '../domain/errors.js';
import { Seal } from '../domain/seal.js';
import type { SessionSort } from './session-query.js';

/**
 * Cursors as callers have them. How well an entry matches a search is told by how many messages of everybody have the words, so that
 * a cursor by relevance is sealed: a limited key could read that number, or find it out by cursors of its own making.
 */
@Injectable()
export class SessionCursors {
  #seal: Seal | undefined;

  constructor(@Inject(Settings) private readonly settings: Settings) {}

  /** Opaque text for `next_cursor`. */
  encode(cursor: Cursor): string {
    const text = encodeCursor(cursor);
    return cursor.sort === 'relevance' ? this.#sealed.close(Buffer.from(text)) : text;
  }

  /**
   * Reads an `after` parameter.
   * @throws {DomainError} `invalid_cursor` when the text was not made by {@link encode} for this order, by a server with this key.
   */
  decode(text: string, sort: SessionSort): Cursor {
    if (sort !== 'relevance') return decodeCursor(text, sort);
    const opened = this.#sealed.open(text);
    if (opened === undefined) throw new DomainError('invalid_cursor', { param: 'after' });
    return decodeCursor(opened.toString(), sort);
  }

  /** The servers of one history share their key, and so their cursors. Whoever guesses at the key by a cursor has to take the same trouble. */
  get #sealed(): Seal {
    this.#seal ??= new Seal(scryptSync(this.settings.API_SERVER_KEY, 'hermes-sessions cursors', 32));
    return this.#seal;
  }
}
