import { DeadlineError } from '../../../sessions/search/deadline.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import { TermSets, type FoundIds } from './term-sets.js';

const HAVE: Readonly<Record<string, readonly number[]>> = {
  apple: [1, 2, 3],
  pear: [2, 3, 4],
  plum: [9],
  'plum*': [8, 9],
};

describe('messages that have some terms', () => {
  /** @param time how many ids can be read in time. */
  function found(text: string, time = Infinity): FoundIds & { readonly asked: readonly string[] } {
    const asked: string[] = [];
    let left = time;
    const sets = new TermSets((term, take) => {
      const key = `${term.text}${term.prefix ? '*' : ''}`;
      asked.push(key);
      for (const id of HAVE[key] ?? []) {
        if (left-- <= 0) throw new DeadlineError('out of time');
        take(id);
      }
    });
    const query = parseSearch(text);
    if (query === undefined) throw new Error(`nothing to search for: ${text}`);
    return { ...sets.of(query.expression), asked };
  }

  it.each<readonly [string, readonly number[], readonly string[]]>([
    ['apple', [1, 2, 3], ['apple']],
    ['apple pear', [2, 3], ['apple', 'pear']],
    ['apple OR pear OR plum', [1, 2, 3, 4, 9], ['apple', 'pear', 'plum']],
    ['plum OR plum*', [9, 8], ['plum', 'plum*']],
    ['apple NOT pear', [1, 2, 3], ['apple']],
    ['apple pear OR apple plum', [2, 3], ['apple', 'pear', 'plum']],
    ['fig apple', [], ['fig']],
  ])('of %s are %j, for which %j are asked for', (text, ids, asked) => {
    expect(found(text)).toEqual({ ids: new Set(ids), isWhole: true, asked });
  });

  it.each<readonly [string, number, readonly number[]]>([
    ['apple', 2, [1, 2]],
    ['apple pear', 2, [1, 2]],
    ['apple pear', 4, [1, 2, 3]],
    ['apple OR pear', 5, [1, 2, 3]],
  ])('of %s are told as far as there was time: for %d ids', (text, time, ids) => {
    expect(found(text, time)).toMatchObject({ ids: new Set(ids), isWhole: false });
  });
});
