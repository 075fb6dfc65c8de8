import { jest } from '@jest/globals';
import { Deadline, DeadlineError } from '../../../sessions/search/deadline.js';
import { MixedSpellings, toMixedWords } from './mixed-words.js';

const LONG = 60_000;

describe('how a phrase may stand in an index with mixed words', () => {
  const spellings = (words: readonly string[], text: string, prefix = false): readonly string[] =>
    new MixedSpellings([toMixedWords(words), toMixedWords([])], new Deadline(LONG))
      .of({ kind: 'term', text, prefix })
      .map((spelling) => (spelling.prefix ? `${spelling.text}*` : spelling.text));

  const WORDS = ['用api', 'api用', 'api用key', '🙂key', 'key🙂', 'key用', '用api用key用', 'keys用', '用keys'];

  it.each<readonly [string, boolean, readonly string[]]>([
    ['api', false, ['用api', 'api用', 'api用key', '用api用key用']],
    [
      'api key',
      false,
      ['api 🙂key', 'api key🙂', 'api key用', '用api key', '用api 🙂key', '用api key🙂', '用api key用'],
    ],
    ['key api key', false, ['key api 🙂key', '🙂key api key', 'key🙂 api key用', '🙂key api key用']],
    ['api ke', true, ['api 🙂key', '用api ke*', '用api 🙂key']],
    ['用 key', false, ['api用 key', 'key用 🙂key', '用api用key用']],
  ])('%s, which may go on: %s', (text, prefix, expected) => {
    const ways = spellings(WORDS, text, prefix);
    expect(ways[0]).toBe(prefix ? `${text}*` : text);
    expect(ways).toEqual(expect.arrayContaining([...expected]));
    expect(new Set(ways).size).toBe(ways.length);
  });
});

describe('a phrase in an index with thousands of mixed words', () => {
  const MANY = 20_000;
  const LETTERS = 'a b c d e f g h i j k l m n o p q r s';
  const all = toMixedWords(
    Array.from({ length: MANY }, (_, at) => `用${at}用${LETTERS.replaceAll(' ', '')}`),
  );

  function decoded(work: () => void): number {
    const decode = jest.spyOn(Buffer.prototype, 'toString');
    try {
      work();
      return decode.mock.calls.length;
    } finally {
      decode.mockRestore();
    }
  }

  it('of many words has them looked through for its first one alone, and only once for their signs', () => {
    const phrase = { kind: 'term', text: LETTERS, prefix: false } as const;
    const find = (): void => {
      expect(new MixedSpellings([all], new Deadline(LONG)).of(phrase)).toEqual([phrase]);
    };
    expect(decoded(find)).toBeLessThan(2.1 * MANY);
    expect(decoded(find)).toBeLessThan(1.1 * MANY);
  });

  it('that is written in too many ways is looked for in some of them, soon, and that is told', () => {
    const begins = Array.from({ length: MANY }, (_, at) => `用${at}用api`);
    const ends = Array.from({ length: MANY }, (_, at) => `key用${at}`);
    const mixed = new MixedSpellings([toMixedWords([...begins, ...ends])], new Deadline(LONG));
    let found = 0;
    const looked = decoded(() => {
      found = mixed.of({ kind: 'term', text: 'the api key', prefix: false }).length;
    });
    expect(found).toBe(2000);
    expect(looked).toBeLessThan(2 * MANY);
    expect(mixed.isWhole).toBe(false);
  });

  it('is looked for no longer than there is time', () => {
    const mixed = new MixedSpellings([all], new Deadline(-1));
    for (const text of ['a', 'a b'])
      expect(() => mixed.of({ kind: 'term', text, prefix: false })).toThrow(DeadlineError);
  });
});
