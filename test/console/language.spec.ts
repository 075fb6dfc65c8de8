import { formatsOf } from '../../console/src/language/formats.js';
import { languageFor } from '../../console/src/language/language.js';
import { ageOf } from '../../console/src/language/times.js';

describe('the language of the console', () => {
  it.each([
    [null, ['de-DE', 'zh-CN', 'en'], 'zh-Hans', 'zh-CN'],
    [null, ['zh'], 'zh-Hans', 'zh'],
    [null, ['zh-TW', 'en-US'], 'zh-Hans', 'zh-TW'],
    [null, ['en-IN', 'zh-CN'], 'en', 'en-IN'],
    [null, ['de-DE', 'fr'], 'en', 'en'],
    [null, [], 'en', 'en'],
    [null, ['zhx-XX', 'eng'], 'en', 'en'],
    // What was chosen here counts more, and a region of it is kept.
    ['zh-Hans', ['en-GB'], 'zh-Hans', 'zh-Hans'],
    ['en', ['zh-CN', 'en-GB'], 'en', 'en-GB'],
    ['what no version knows', ['zh-CN'], 'zh-Hans', 'zh-CN'],
  ])(
    'is the one that was chosen, or the first that a browser asks for: %s of %j',
    (kept, locales, id, locale) => {
      expect(languageFor(kept, locales)).toMatchObject({ language: { id }, locale });
    },
  );

  it('writes numbers of things by the plural rules of each', () => {
    const forms = { one: '# turn', few: '# tahy', other: '# turns' };
    expect([0, 1, 2, 1204].map((value) => formatsOf('en').count(value, forms))).toEqual([
      ...['0 turns', '1 turn', '2 turns', '1,204 turns'],
    ]);
    expect(formatsOf('cs').count(3, forms)).toBe('3 tahy');
    expect(formatsOf('zh-CN').count(1, { one: 'never', other: '# 轮' })).toBe('1 轮');
    // What stands for a number is no pattern of its own.
    expect(formatsOf('en').count(5, { other: '# $& #' })).toBe('5 $& #');
  });

  it.each([
    [0, 'now'],
    [59_999, 'now'],
    [60_000, '1m ago'],
    [3_599_999, '59m ago'],
    [2 * 3_600_000, '2h ago'],
    [6 * 86_400_000, '6d ago'],
    [-5000, 'now'],
  ])('tells how long ago something was: %i ms is %s', (passed, age) => {
    const now = Date.UTC(2026, 4, 20, 12);
    expect(ageOf(new Date(now - passed).toISOString(), now)).toBe(age);
  });
});
