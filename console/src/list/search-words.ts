/** What was typed besides operators, as the server is asked for it. */
export interface UnderstoodSearch {
  /** What the server is asked for; empty where there is nothing to look for. */
  readonly query: string;
  /** Words and phrases that must not be there. */
  readonly excluded: readonly string[];
  /** How many words and phrases have to be there. */
  readonly wanted: number;
}

/** A phrase, or a word up to the next space; either with a sign before it. */
const PART = /-?"[^"]*"?|\S+/g;

/** A word or phrase that is to be left out: `-word`, `-"two words"`. `--word` is an option of a program, and looked for as it is. */
const EXCLUDED = /^-(?=["\p{L}\p{N}])(?<text>.+)$/u;

/**
 * Understands a search text: what has a `-` before it is left out, everything else is the server's to understand. Where nothing has to be
 * there nothing can be left out, either: the server then is not asked at all.
 */
export function understand(text: string): UnderstoodSearch {
  const parts = text.match(PART) ?? [];
  const excluded = parts.flatMap((part) => EXCLUDED.exec(part)?.groups?.text ?? []);
  const wanted = parts.filter((part) => !EXCLUDED.test(part));
  const exclusion = excluded.map((part) => ` NOT ${part}`).join('');
  // NOT binds closer than OR.
  const query = alternativesOf(wanted).map((alternative) => alternative.join(' ') + exclusion);
  return { query: query.join(' OR '), excluded, wanted: wanted.length };
}

function alternativesOf(parts: readonly string[]): readonly (readonly string[])[] {
  const alternatives: string[][] = [[]];
  for (const part of parts) {
    if (part === 'OR') alternatives.push([]);
    else alternatives.at(-1)?.push(part);
  }
  return alternatives.filter(({ length }) => length > 0);
}
