import { takeOperators, withoutBegunOperator } from '../../console/src/list/search-operators.js';
import { understand } from '../../console/src/list/search-words.js';

describe('what is typed into the search of the console', () => {
  it('chooses filters by operators, each of which is taken out when it is complete', () => {
    const taken = takeOperators('tea platform:telegram after:2026-05 before:2026-6-1 is:pinned pot', false);
    expect(taken).toEqual({
      text: 'tea pot',
      chosen: { platform: 'telegram', since: '2026-05-01', until: '2026-06-01', pinned: true },
      refusals: [],
    });
    expect(takeOperators('platform:tele', false).chosen).toEqual({});
    expect(takeOperators('platform:tele', true)).toMatchObject({ text: '', chosen: { platform: 'tele' } });
    expect(takeOperators('model:"a b" ', false).chosen).toEqual({ model: 'a b' });
  });

  it.each([
    ['title:tea ', { operator: 'title:', why: 'unknown' }],
    ['before:tomorrow ', { operator: 'before:', why: 'value' }],
    ['before:2026-02-30 ', { operator: 'before:', why: 'value' }],
    ['is:constructor ', { operator: 'is:', why: 'value' }],
    ['-platform:cron ', { operator: 'platform:', why: 'exclusion' }],
  ] as const)('says that %j is no operator here, and looks for it as it stands', (typed, refusal) => {
    expect(takeOperators(typed, false)).toEqual({ text: typed, chosen: {}, refusals: [refusal] });
  });

  it.each(['http://example.com/a', '12:30', 'constructor:x', 'a "platform:x" b', 'std::vector'])(
    'is left as it is where %j has no operator in it',
    (typed) => {
      expect(takeOperators(`${typed} `, true)).toEqual({ text: `${typed} `, chosen: {}, refusals: [] });
    },
  );

  it('is not searched for while an operator is being typed', () => {
    expect(withoutBegunOperator('tea platform:te')).toBe('tea');
    expect(withoutBegunOperator('tea model:"a b')).toBe('tea');
    expect(withoutBegunOperator('http://x')).toBe('http://x');
  });

  it.each([
    ['tea -milk', 'tea NOT milk'],
    ['-"with milk" tea pot', 'tea pot NOT "with milk"'],
    ['tea OR pot -milk', 'tea NOT milk OR pot NOT milk'],
    ['"-rf" --verbose -- a-b', '"-rf" --verbose -- a-b'],
    ['-milk', ''],
  ])('leaves out what has a sign before it: %j', (typed, query) => {
    expect(understand(typed).query).toBe(query);
  });
});
