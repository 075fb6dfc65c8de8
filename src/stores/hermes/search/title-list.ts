import type { SqliteReader } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { countOf, requiredText } from '../file/values.js';
import type { SearchAlternative } from '../../../sessions/search/search-query.js';
import { foldText } from '../../../sessions/search/search-text.js';

interface FoldedTitle {
  readonly rowid: number;
  readonly folded: string;
}

/** All titles of a history, read again whenever it has changed. */
export class TitleList {
  #titles: readonly FoldedTitle[] = [];
  #dataVersion = -1;

  constructor(private readonly reader: SqliteReader) {}

  /** Rowids of the sessions whose title satisfies one of these alternatives. */
  matching(alternatives: readonly SearchAlternative[]): readonly number[] {
    if (alternatives.length === 0) return [];
    const wanted = alternatives.map(({ included, excluded }) => ({
      included: included.map(({ text }) => foldText(text)),
      excluded: excluded.map(({ text }) => foldText(text)),
    }));
    const found = this.#current().filter(({ folded }) =>
      wanted.some(
        ({ included, excluded }) =>
          included.every((text) => folded.includes(text)) && !excluded.some((text) => folded.includes(text)),
      ),
    );
    return found.map(({ rowid }) => rowid);
  }

  #current(): readonly FoldedTitle[] {
    const dataVersion = countOf(this.reader.value('PRAGMA main.data_version'));
    if (dataVersion === this.#dataVersion) return this.#titles;
    this.#titles = this.reader
      .all('SELECT rowid AS session_rowid, title FROM sessions WHERE title IS NOT NULL')
      .map((row) => ({ rowid: rowidOf(row.session_rowid), folded: foldText(requiredText(row, 'title')) }));
    this.#dataVersion = dataVersion;
    return this.#titles;
  }
}
