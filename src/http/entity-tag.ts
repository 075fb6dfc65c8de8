import { hash } from 'node:crypto';

/** The strong entity tag of a body (RFC 9110, section 8.8.3): equal for equal bytes. */
export function entityTag(body: string | Buffer): string {
  return `"${hash('sha1', body, 'base64url')}"`;
}

/** The weak form of a tag: other bytes that are equivalent. */
export function weakened(tag: string): string {
  return tag.startsWith('W/') ? tag : `W/${tag}`;
}

/** Whether a header names a tag: `If-None-Match` from a caller that already has the body, or `If-Match` from one that changes what has this tag. */
export function isNamedBy(header: string | undefined, tag: string): boolean {
  return tagsOf(header).some((candidate) => candidate === '*' || candidate === tag);
}

/**
 * The tags in a header, in the form that this server gave them. Compression, here or in a proxy, makes the tag weak (nginx, Caddy) or appends the
 * coding (Apache's mod_deflate: `"…-gzip"`). Both can be ignored: no two answers have tags that differ only in this.
 */
function tagsOf(header: string | undefined): readonly string[] {
  const named = header?.match(/(W\/)?"[^"]*"|\*/g) ?? [];
  return named.map((tag) => tag.replace(/^W\//, '').replace(/-(gzip|br|zstd|deflate)"$/, '"'));
}
