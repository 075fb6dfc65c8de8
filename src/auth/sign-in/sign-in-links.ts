import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** Lifetime of a link, in milliseconds, and the maximum number of links. */
const LASTING = 3_600_000;
const MOST = 100;

/** One-time links that sign a browser in, printed by the server's operator. They are valid only in the process that made them. */
@Injectable()
export class SignInLinks {
  readonly #codes = new LRUCache<string, true>({ max: MOST, ttl: LASTING });

  /** A new code, of 256 random bits. */
  issue(): string {
    const code = randomBytes(32).toString('base64url');
    this.#codes.set(code, true);
    return code;
  }

  /** Redeems a code: true the first time, false for a used or unknown code. */
  redeem(code: string): boolean {
    return this.#codes.has(code) && this.#codes.delete(code);
  }
}
