/**
 * PostgreSQL's text cannot hold NUL, which Hermes puts in front of structured content and any id or message may hold. It is
 * written as an escape character and a digit, and the escape character, which hardly any text has, as two of it.
 */
const ESCAPE = '\u0010';

/** A text as it is stored. */
export function toStored(text: string): string {
  if (!text.includes('\u0000') && !text.includes(ESCAPE)) return text.toWellFormed();
  return text
    .toWellFormed()
    .replaceAll(ESCAPE, ESCAPE + ESCAPE)
    .replaceAll('\u0000', `${ESCAPE}0`);
}

/** A stored text as it was. */
export function fromStored(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(/\u0010(\u0010|0)/g, (_whole, code) => (code === '0' ? '\u0000' : ESCAPE));
}

/** A value of a row with its texts converted, alone or in an array. */
export function converted(value: unknown, text: (value: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  return Array.isArray(value) ? value.map((item) => converted(item, text)) : value;
}
