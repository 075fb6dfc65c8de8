import type { SqliteReader } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { countOf, requiredText } from '../file/values.js';
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

  /** Rowids of the sessions whose title contains every one of these folded texts; none for no text. */
  containing(texts: readonly string[]): readonly number[] {
    if (texts.length === 0) return [];
    const found = this.#current().filter(({ folded }) => texts.every((text) => folded.includes(text)));
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
