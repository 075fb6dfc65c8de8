import Sqlite from 'better-sqlite3';
import { foldText, foldWord, isMixed, lowerCase, needsSubstring, tokenize } from './search-text.js';

/** The last code point to test; above it no character is assigned except private use. */
const LAST_ASSIGNED = 0x1ffff;

/** The tokens of SQLite's own tokenizer for each text. */
function asIndexed(texts: readonly string[]): readonly (readonly string[])[] {
  const db = new Sqlite(':memory:');
  try {
    db.exec(`CREATE VIRTUAL TABLE texts USING fts5(text, content = '');
      CREATE VIRTUAL TABLE words USING fts5vocab(texts, instance)`);
    db.prepare('INSERT INTO texts (text) VALUES (?)').run(texts.join(' | | end | | '));
    const words: string[] = [];
    for (const [term, offset] of db
      .prepare<[], [string, number]>('SELECT term, "offset" FROM words')
      .raw()
      .iterate())
      words[offset] = term;
    const split: string[][] = [[]];
    for (const word of words) {
      if (word === 'end') split.push([]);
      else split.at(-1)?.push(word);
    }
    return split;
  } finally {
    db.close();
  }
}

function wordsOf(text: string): readonly string[] {
  return Array.from(tokenize(text), ({ folded }) => folded);
}

describe('words', () => {
  it.each([
    ['Deploy', 'deploy'],
    ['Élan', 'elan'],
    // The same letter as one and as two code points.
    ['caf\u00e9', 'cafe'],
    ['cafe\u0301', 'cafe'],
    ['Čeština', 'cestina'],
    ['ÎLE ſtark Ÿ', 'ile stark y'],
    // Other scripts.
    ['ЙОГУРТ', 'йогурт'],
    ['Ελληνικά', 'ελληνικά'],
    ['Việt', 'việt'],
    ['ΛΟΓΟΣ λόγος', 'λογοσ λόγοσ'],
    ['\u00b5m', 'μm'],
    ['İstanbul ISPARTA ırmak', 'istanbul isparta ırmak'],
    ['\u1c97', '\u1c97'],
  ])('are folded as unicode61 folds them: %s', (word, folded) => {
    expect(foldWord(word)).toBe(folded);
    expect(asIndexed([word])[0]?.join(' ')).toBe(folded);
  });

  it('are those of unicode61, whatever character stands in one, or have others in them', () => {
    const texts: string[] = [];
    for (let code = 1; code <= LAST_ASSIGNED; code++)
      if (code < 0xd800 || code > 0xdfff) texts.push(`a${String.fromCodePoint(code)}b`);
    const indexed = asIndexed(texts);
    expect(indexed).toHaveLength(texts.length);
    const others = texts.filter((text, at) => {
      const [word = '', ...more] = indexed[at] ?? [];
      const isSame = JSON.stringify(wordsOf(text)) === JSON.stringify([word, ...more]);
      return !isSame && !(more.length === 0 && isMixed(word));
    });
    expect(others).toEqual([]);
  });

  it.each([
    ['done🙂', ['done']],
    ['\u2068John\u2069', ['john']],
    ['₽100', ['100']],
    ['用API调用', ['用', 'api', '调用']],
    ['don’t', ['don', 't']],
    ['deploy👍🏽great', ['deploy', 'great']],
  ])('are told apart: %s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it.each([
    ['deploy', false],
    ['café', false],
    ['用户', true],
    ['API用户', true],
    ['ภาษาไทย', true],
    ['दिन', true],
    ['கலை', true],
  ])('of scripts without spaces are found as parts of others: %s', (text, isPart) => {
    expect(needsSubstring(text)).toBe(isPart);
  });
});

describe('parts of texts', () => {
  it('have one small sigma', () => {
    expect([lowerCase('ΛΟΓΟΣ'), foldText('Λόγος')]).toEqual(['λογοσ', 'λογοσ']);
  });
});
