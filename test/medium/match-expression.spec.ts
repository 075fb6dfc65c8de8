import Sqlite from 'better-sqlite3';
import type { SearchExpression, SearchTerm } from '../../src/sessions/search/search-query.js';
import { toMatchExpressions } from '../../src/stores/hermes/search/match-expression.js';

describe('a search for words of which each has hundreds of spellings', () => {
  const SPELLINGS = 500;
  const SOME = [0, 1, 199, 200, 499];
  const term = (text: string): SearchTerm => ({ kind: 'term', text, prefix: false });
  const all = (...words: readonly string[]): SearchExpression => ({ kind: 'and', operands: words.map(term) });
  const spellings = ({ text }: SearchTerm): readonly SearchTerm[] =>
    text === 'one' ? [term(text)] : Array.from({ length: SPELLINGS }, (_, at) => term(`${text}${at}`));

  const db = new Sqlite(':memory:');
  const texts = [
    ...SOME.flatMap((a) => SOME.flatMap((b) => SOME.map((c) => `one a${a} b${b} c${c}`))),
    ...['a1 b1 c1', 'one a1 b1', 'one b200 c200', 'one a499 c0'],
  ];

  beforeAll(() => {
    db.exec('CREATE VIRTUAL TABLE texts USING fts5(text)');
    const insert = db.prepare('INSERT INTO texts (text) VALUES (?)');
    for (const text of texts) insert.run(text);
  });

  afterAll(() => {
    db.close();
  });

  it.each<readonly [SearchExpression, RegExp, number]>([
    [all('one', 'a', 'b', 'c'), /one a\d+ b\d+ c/, 4],
    [all('a', 'b'), /a\d+ b/, 3],
    [all('one'), /one/, 1],
    [{ kind: 'or', operands: [all('a', 'c'), all('one', 'b')] }, /a\d+ (b\d+ )?c|one.* b/, 5],
    [{ kind: 'not', include: all('a', 'b'), exclude: term('c') }, /a\d+ b\d+$/, 3],
  ])('is a query for each of them, and not for all combinations: %j', (expression, expected, queries) => {
    const matches = [...toMatchExpressions(expression, spellings)];
    expect(matches.length).toBeLessThanOrEqual(queries);
    const select = db.prepare<[string], string>('SELECT text FROM texts WHERE texts MATCH ?').pluck();
    const found = new Set(matches.flatMap((match) => select.all(match)));
    expect([...found].sort()).toEqual(texts.filter((text) => expected.test(text)).sort());
  });
});
