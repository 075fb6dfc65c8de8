import { normalizeTitle } from './session-title.js';

describe('normalizeTitle', () => {
  it.each([
    ['keeps an ordinary title', 'Kubernetes review', 'Kubernetes review'],
    ['collapses white space and trims', '  a \t b\n\nc ', 'a b c'],
    ['takes the next line of C1 for white space', '\u0085a\u0085 b', 'a b'],
    ['removes control characters', 'a\u0000b\u0007c\u007fd', 'abcd'],
    ['removes zero-width and direction marks', 'a\u200bb\u202ec\ufeffd\u2066e', 'abcde'],
    ['removes lone surrogates and keeps pairs', '\ud83d🚀\ude80', '🚀'],
    ['turns nothing into null', ' \u200b\t ', null],
    ['turns an empty text into null', '', null],
    ['keeps 100 characters outside the basic plane', '🚀'.repeat(100), '🚀'.repeat(100)],
  ])('%s', (_name, raw, expected) => {
    expect(normalizeTitle(raw)).toBe(expected);
  });

  it('refuses 101 characters and says how many there are', () => {
    expect(() => normalizeTitle('é'.repeat(101))).toThrow('at most 100 characters; this one has 101');
  });
});
