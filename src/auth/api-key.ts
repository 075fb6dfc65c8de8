import { hash, timingSafeEqual } from 'node:crypto';

/** A key that can be compared without the time taken telling how much of it was right. */
export class ApiKey {
  readonly #digest: Buffer;

  constructor(key: string) {
    this.#digest = digest(key);
  }

  /** Whether `candidate` is this key. Digests have one length, so neither length nor content shows in the time. */
  matches(candidate: string): boolean {
    return timingSafeEqual(this.#digest, digest(candidate));
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** The token of an `Authorization: Bearer <token>` header (RFC 6750: the scheme's case does not matter). */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1];
}
