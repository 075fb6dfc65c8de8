import fc from 'fast-check';
import { rounds } from '../../../../test/support/rounds.js';
import { tokenize } from '../../../sessions/search/search-text.js';
import { MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import { toLexeme } from './lexemes.js';
import { WordRows, type IndexedMessage } from './word-rows.js';

type Vector = Readonly<Record<string, readonly (readonly [place: number, weight: string])[]>>;

/** Decodes a vector as PostgreSQL would. */
function decode(binary: Uint8Array): Vector {
  const bytes = Buffer.from(binary);
  const vector: Record<string, [number, string][]> = {};
  let at = 4;
  for (let left = bytes.readInt32BE(0); left > 0; left--) {
    const end = bytes.indexOf(0, at);
    const lexeme = bytes.toString('utf8', at, end);
    const count = bytes.readUInt16BE(end + 1);
    expect(Object.hasOwn(vector, lexeme)).toBe(false);
    vector[lexeme] = Array.from({ length: count }, (_, position) => {
      const value = bytes.readUInt16BE(end + 3 + 2 * position);
      return [value & 0x3fff, 'DCBA'.charAt(value >>> 14)];
    });
    at = end + 3 + 2 * count;
  }
  expect(at).toBe(bytes.length);
  return vector;
}

/** The expected vector, counted word by word. */
function counted(texts: readonly string[]): Vector {
  const vector: Record<string, [number, string][]> = Object.create(null) as Record<string, never>;
  for (const [index, text] of texts.entries()) {
    const counts = new Map<string, number>();
    for (const { folded } of tokenize(text))
      counts.set(toLexeme(folded), (counts.get(toLexeme(folded)) ?? 0) + 1);
    for (const [lexeme, count] of counts)
      (vector[lexeme] ??= []).push([index + 1, count < 3 ? 'DC'.charAt(count - 1) : count < 5 ? 'B' : 'A']);
  }
  return { ...vector };
}

function messagesOf(texts: readonly string[]): readonly IndexedMessage[] {
  const state = MESSAGE_STATE.kept | MESSAGE_STATE.displayed | MESSAGE_STATE.contentAlone;
  return texts.map((content, at) => ({ id: at + 1, state, content, toolName: null, toolCalls: null }));
}

describe('rows of words', () => {
  // Few letters, so that words repeat; `__proto__` and `constructor` are words, too.
  const word = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'B', '7', 'é', 'ß', 'Σ'), minLength: 1, maxLength: 3 }),
    fc.constantFrom('constructor', 'x'.repeat(700), 'ü'.repeat(600), '𝒳', 'don’t'),
  );
  const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '));

  it('have the words of each message at its place, and how often they are there', () => {
    const rows = new WordRows();
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 12 }), (texts) => {
        const [row, ...others] = [...rows.of(messagesOf(texts))].map(({ words, isWhole }) => {
          return { words: decode(words), isWhole };
        });
        expect(others).toEqual([]);
        expect(row).toEqual({ words: counted(texts), isWhole: true });
      }),
      rounds(300),
    );
  });

  it('have no more than 64 messages each', () => {
    const texts = Array.from({ length: 150 }, (_, at) => `message number${at}`);
    const rows: (readonly number[])[] = [];
    for (const { messageIds, words } of new WordRows().of(messagesOf(texts))) {
      expect(decode(words)).toEqual(counted(messageIds.map((id) => texts[id - 1] ?? '')));
      rows.push(messageIds);
    }
    expect(rows.map(({ length }) => length)).toEqual([64, 64, 22]);
  });

  it('say that they are not whole where a message has more words than a vector takes, and begin anew', () => {
    const long = Array.from({ length: 120_000 }, (_, at) => `word${at}`).join(' ');
    const rows = [...new WordRows().of(messagesOf(['first', long, 'last']))].map(
      ({ messageIds, isWhole }) => {
        return { messageIds, isWhole };
      },
    );
    expect(rows).toEqual([
      { messageIds: [1, 2], isWhole: false },
      { messageIds: [3], isWhole: true },
    ]);
  });

  it('have the words that stand within scripts without spaces, and of these pairs', () => {
    const [row] = new WordRows().of(messagesOf(['用API']));
    expect(decode(row?.words ?? new Uint8Array())).toEqual({ api: [[1, 'D']], '^用': [[1, 'D']] });
  });

  it.each([
    ['were rewound', MESSAGE_STATE.displayed],
    ['are hidden', MESSAGE_STATE.kept],
  ])('have nothing of messages that %s', (_why, state) => {
    const [row] = new WordRows().of(messagesOf(['gone']).map((message) => ({ ...message, state })));
    expect(row).toBeDefined();
    expect(decode(row?.words ?? new Uint8Array())).toEqual({});
  });
});
