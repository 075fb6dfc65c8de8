import { hash } from 'node:crypto';

/** The strong entity tag of a body (RFC 9110, section 8.8.3): equal for equal bytes. */
export function entityTag(body: string | Buffer): string {
  return `"${hash('sha1', body, 'base64url')}"`;
}

/** A tag as that of other bytes which stand for the same. */
export function weakened(tag: string): string {
  return tag.startsWith('W/') ? tag : `W/${tag}`;
}

/** Whether a header names a tag: `If-None-Match`, of who has the body already, or `If-Match`, of who changes what has this tag. */
export function isNamedBy(header: string | undefined, tag: string): boolean {
  return tagsOf(header).some((candidate) => candidate === '*' || candidate === tag);
}

/**
 * The tags that a header names, as this server gave them. Who compresses an answer, this server or a proxy (nginx, Caddy), makes its tag
 * weak or adds the coding to it (Apache's mod_deflate: `"…-gzip"`), and what the tag stands for is the same: no two answers have tags
 * that differ in this alone.
 */
function tagsOf(header: string | undefined): readonly string[] {
  const named = header?.match(/(W\/)?"[^"]*"|\*/g) ?? [];
  return named.map((tag) => tag.replace(/^W\//, '').replace(/-(gzip|br|zstd|deflate)"$/, '"'));
}
