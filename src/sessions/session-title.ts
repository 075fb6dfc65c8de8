import { DomainError } from '../domain/errors.js';

/** Hermes's limit, in Unicode code points. */
export const MAX_TITLE_LENGTH = 100;

/** The title of the one conversation that Hermes hides by itself; pinning does not unhide it. */
export const HIDDEN_TITLE = 'Bot Chat';

/** Control characters except tab, line feed and carriage return, which count as white space. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
/** Zero-width characters, direction marks, object replacement and interlinear annotation. */
const INVISIBLE = /[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffc\ufff9-\ufffb]/g;
/** White space as Python, and so Hermes, understands it: U+0085 (next line) too, which is none in JavaScript. */
const WHITE_SPACE = /[\s\u0085]+/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A title without invisible characters, trimmed and with white space collapsed; and its number of code points. */
export function cleanTitle(raw: string): { readonly title: string; readonly length: number } {
  const title = raw
    .replace(LONE_SURROGATE, '')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(WHITE_SPACE, ' ')
    .trim();
  return { title, length: Array.from(title).length };
}

/**
 * A title as Hermes would store it.
 * @returns null if nothing is left, which clears the title.
 * @throws {DomainError} `invalid_title` if more than {@link MAX_TITLE_LENGTH} code points are left.
 */
export function normalizeTitle(raw: string): string | null {
  const { title, length } = cleanTitle(raw);
  if (length > MAX_TITLE_LENGTH) {
    throw new DomainError('invalid_title', {
      param: 'title',
      message: `title may have at most ${MAX_TITLE_LENGTH} characters; this one has ${length}.`,
    });
  }
  return title === '' ? null : title;
}
