import { foldWord, needsSubstring } from './search-text.js';

describe('words', () => {
  it.each([
    ['Deploy', 'deploy'],
    ['Élan', 'elan'],
    // The same letter as one character and as two.
    ['caf\u00e9', 'cafe'],
    ['cafe\u0301', 'cafe'],
    ['Čeština', 'cestina'],
    ['Ελληνικά', 'ελληνικα'],
    ['ЙОГУРТ', 'иогурт'],
  ])('are folded as unicode61 folds them: %s', (word, folded) => {
    expect(foldWord(word)).toBe(folded);
  });

  it.each([
    ['deploy', false],
    ['café', false],
    ['用户', true],
    ['API用户', true],
    ['ภาษาไทย', true],
  ])('of scripts without spaces are found as parts of others: %s', (text, isPart) => {
    expect(needsSubstring(text)).toBe(isPart);
  });
});
