import { hash, timingSafeEqual } from 'node:crypto';

/** A key with a constant-time comparison. */
export class ApiKey {
  readonly #digest: Buffer;

  constructor(key: string) {
    this.#digest = digest(key);
  }

  /** Whether `candidate` is this key. Digests have equal lengths, so the time reveals neither length nor content. */
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
