import { hash } from 'node:crypto';

/** The strong entity tag of a body (RFC 9110, section 8.8.3): equal for equal bytes. */
export function entityTag(body: string | Buffer): string {
  return `"${hash('sha1', body, 'base64url')}"`;
}

/** Whether `If-None-Match` names a tag, so that the caller has the body already; weak comparison. */
export function isNamedBy(header: string | undefined, tag: string): boolean {
  return tagsOf(header).some((candidate) => candidate === '*' || candidate.replace(/^W\//, '') === tag);
}

/** Whether `If-Match` lets a change of what has this tag through; strong comparison. */
export function isMatchedBy(header: string, tag: string): boolean {
  return tagsOf(header).some((candidate) => candidate === '*' || candidate === tag);
}

function tagsOf(header: string | undefined): readonly string[] {
  return header === undefined ? [] : (header.match(/(W\/)?"[^"]*"|\*/g) ?? []);
}
