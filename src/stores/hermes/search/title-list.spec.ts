import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { foldText } from '../../../sessions/search/search-text.js';
import { parseSearch, titleAlternatives } from '../../../sessions/search/search-query.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import { TitleList } from './title-list.js';

describe('titles that are searched', () => {
  const listOf = (titles: readonly (string | null)[]): TitleList => {
    const db = new Sqlite(':memory:');
    db.exec('CREATE TABLE sessions (id INTEGER PRIMARY KEY, title)');
    const insert = db.prepare('INSERT INTO sessions (title) VALUES (?)');
    for (const title of titles) insert.run(title);
    return new TitleList(new SqliteReader(db));
  };
  const search = (list: TitleList, text: string): readonly number[] => {
    const query = parseSearch(text);
    if (query === undefined) return [];
    return [...list.matching(titleAlternatives(query, 'titles'))].sort((a, b) => a - b);
  };

  it('are found by any part of them, whatever stands beside them', () => {
    const list = listOf(['Garden plan', null, '', 'planning the garden', 'Pläne für den Garten', 'plan']);
    expect(search(list, 'plan')).toEqual([1, 4, 5, 6]);
    expect(search(list, 'plan garden')).toEqual([1, 4]);
    expect(search(list, 'plan NOT garden')).toEqual([5, 6]);
    expect(search(list, 'garten OR planning')).toEqual([4, 5]);
  });

  it('do not flow into each other', () => {
    const list = listOf(['read', 'me', 'readme']);
    expect(search(list, 'readme')).toEqual([3]);
    expect(search(list, 'me')).toEqual([2, 3]);
  });

  it('are found where each of them would be, in all blocks', () => {
    const word = fc.constantFrom('ab', 'ba', 'aab', 'é', '日本', 'b');
    const title = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(title, { maxLength: 40 }), word, (some, sought) => {
        const titles = [...some, ...Array.from({ length: 5000 }, (_, at) => `${at} cd`), ...some];
        const found = titles.flatMap((text, at) =>
          foldText(text).includes(foldText(sought)) ? [at + 1] : [],
        );
        expect(search(listOf(titles), sought)).toEqual(found);
      }),
      { numRuns: 20 },
    );
  });
});
