import type { SqliteReader } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { textOf } from '../file/values.js';
import type { SearchAlternative } from '../../../sessions/search/search-query.js';
import { foldText } from '../../../sessions/search/search-text.js';

/** Titles per block. A single letter beyond Latin-1 doubles the memory of its block. */
const BLOCK = 4096;

/** The folded texts that a title must contain, and those that it must not. */
interface FoldedAlternative {
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** All titles of a history, read again after each change. */
export class TitleList {
  #blocks: readonly TitleBlock[] = [];
  #dataVersion = -1;

  constructor(private readonly reader: SqliteReader) {}

  /** Rowids of the sessions whose title satisfies one of the alternatives. */
  matching(alternatives: readonly SearchAlternative[]): readonly number[] {
    if (alternatives.length === 0) return [];
    const wanted = alternatives.map(({ included, excluded }) => ({
      included: included.map(({ text }) => foldText(text)),
      excluded: excluded.map(({ text }) => foldText(text)),
    }));
    const blocks = this.#current();
    return [
      ...new Set(wanted.flatMap((alternative) => blocks.flatMap((block) => block.matching(alternative)))),
    ];
  }

  #current(): readonly TitleBlock[] {
    const dataVersion = this.reader.version();
    if (dataVersion === this.#dataVersion) return this.#blocks;
    this.#blocks = [];
    this.#blocks = readBlocks(this.reader);
    this.#dataVersion = dataVersion;
    return this.#blocks;
  }
}

function readBlocks(reader: SqliteReader): readonly TitleBlock[] {
  const blocks: TitleBlock[] = [];
  let titles: string[] = [];
  let rowids: number[] = [];
  const finish = (): void => {
    if (titles.length > 0) blocks.push(new TitleBlock(titles, rowids));
    titles = [];
    rowids = [];
  };
  reader.each('SELECT rowid, title FROM sessions WHERE title IS NOT NULL', ([rowid, title]) => {
    titles.push(foldText(textOf(title) ?? ''));
    rowids.push(rowidOf(rowid));
    if (titles.length === BLOCK) finish();
  });
  finish();
  return blocks;
}

/** Some titles in one string: a million separate strings would take a hundred bytes more each. */
class TitleBlock {
  readonly #text: string;
  /** Where each title ends in the text. */
  readonly #ends: Uint32Array;
  readonly #rowids: Float64Array;

  constructor(titles: readonly string[], rowids: readonly number[]) {
    this.#text = titles.join('');
    let end = 0;
    this.#ends = Uint32Array.from(titles, (title) => (end += title.length));
    this.#rowids = Float64Array.from(rowids);
  }

  matching({ included, excluded }: FoldedAlternative): readonly number[] {
    const [first = ''] = included;
    return this.#having(first).flatMap((place) => {
      const title = this.#text.slice(this.#ends[place - 1] ?? 0, this.#ends[place]);
      const matches =
        included.every((text) => title.includes(text)) && !excluded.some((text) => title.includes(text));
      return matches ? [this.#rowids[place] ?? 0] : [];
    });
  }

  /** The positions of the titles that contain a text, each once. */
  #having(text: string): readonly number[] {
    if (text === '') return [...this.#rowids.keys()];
    const places: number[] = [];
    let place = 0;
    for (let at = this.#text.indexOf(text); at >= 0;) {
      while ((this.#ends[place] ?? Infinity) <= at) place++;
      const end = this.#ends[place] ?? Infinity;
      // A match across the end of one title is in neither.
      const isWithin = at + text.length <= end;
      if (isWithin) places.push(place);
      at = this.#text.indexOf(text, isWithin ? end : at + 1);
    }
    return places;
  }
}
