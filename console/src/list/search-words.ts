/** A search text without operators, parsed for the server. */
export interface UnderstoodSearch {
  /** The query for the server; empty if there is nothing to search for. */
  readonly query: string;
  /** Excluded words and phrases. */
  readonly excluded: readonly string[];
  /** Number of required words and phrases. */
  readonly wanted: number;
}

/** A phrase, or a word up to the next space; optionally with `-` in front. */
const PART = /-?"[^"]*"?|\S+/g;

/** An excluded word or phrase: `-word`, `-"two words"`. `--word` is a command-line option, and searched literally. */
const EXCLUDED = /^-(?=["\p{L}\p{N}])(?<text>.+)$/u;

/**
 * Parses a search text: parts with `-` in front are excluded, everything else is left to the server. Exclusions alone match nothing, so then the
 * server is not asked.
 */
export function understand(text: string): UnderstoodSearch {
  const parts = text.match(PART) ?? [];
  const excluded = parts.flatMap((part) => EXCLUDED.exec(part)?.groups?.text ?? []);
  const wanted = parts.filter((part) => !EXCLUDED.test(part));
  const exclusion = excluded.map((part) => ` NOT ${part}`).join('');
  // NOT binds tighter than OR.
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
