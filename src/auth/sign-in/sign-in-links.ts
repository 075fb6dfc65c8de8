import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** How long a link can be used, in milliseconds, and how many there are at a time. */
const LASTING = 3_600_000;
const MOST = 100;

/** Links that sign a browser in, each once: whoever starts a server can print one. They end with the process that made them. */
@Injectable()
export class SignInLinks {
  readonly #codes = new LRUCache<string, true>({ max: MOST, ttl: LASTING });

  /** A new code, of 256 random bits. */
  issue(): string {
    const code = randomBytes(32).toString('base64url');
    this.#codes.set(code, true);
    return code;
  }

  /** Whether a code was issued here, and was not used yet; it is from now on. */
  redeem(code: string): boolean {
    return this.#codes.has(code) && this.#codes.delete(code);
  }
}
