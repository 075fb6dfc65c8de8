import { scryptSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { decodeCursor, encodeCursor, type Cursor } from '../domain/cursor.js';
import { DomainError } from '../domain/errors.js';
import { Seal } from '../domain/seal.js';
import type { SessionSort } from './session-query.js';

/**
 * Encodes and decodes cursors. The relevance of an entry depends on how many messages of all users contain the words, so relevance
 * cursors are encrypted: a restricted key could otherwise read that number, or find it with forged cursors.
 */
@Injectable()
export class SessionCursors {
  #seal: Seal | undefined;

  constructor(private readonly settings: Settings) {}

  /** Opaque text for `next_cursor`. */
  encode(cursor: Cursor): string {
    const text = encodeCursor(cursor);
    return cursor.sort === 'relevance' ? this.#sealed.close(Buffer.from(text)) : text;
  }

  /**
   * Decodes an `after` parameter.
   * @throws {DomainError} `invalid_cursor` if the text was not made by {@link encode} for this order, by a server with this key.
   */
  decode(text: string, sort: SessionSort): Cursor {
    if (sort !== 'relevance') return decodeCursor(text, sort);
    const opened = this.#sealed.open(text);
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
