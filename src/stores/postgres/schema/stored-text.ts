/**
 * PostgreSQL's text cannot contain NUL, which Hermes puts in front of structured content, and which any id or message may contain. NUL is
 * stored as an escape character and a digit. The escape character, which is rare, is stored twice.
 */
const ESCAPE = '\u0010';

/** Encodes a text for storage. */
export function toStored(text: string): string {
  if (!text.includes('\u0000') && !text.includes(ESCAPE)) return text.toWellFormed();
  return text
    .toWellFormed()
    .replaceAll(ESCAPE, ESCAPE + ESCAPE)
    .replaceAll('\u0000', `${ESCAPE}0`);
}

/** Decodes a stored text. */
export function fromStored(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(/\u0010(\u0010|0)/g, (_whole, code) => (code === '0' ? '\u0000' : ESCAPE));
}

/** Converts a value's texts, alone or in an array. */
export function converted(value: unknown, text: (value: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  return Array.isArray(value) ? value.map((item) => converted(item, text)) : value;
}
