import fc from 'fast-check';
import { PAGE_NAMES, readView, SORTS, writeView, type View } from '../../console/src/view/view.js';
import { rounds } from '../support/rounds.js';

const text = fc.string({ unit: 'grapheme' });

const views: fc.Arbitrary<View> = fc.record({
  page: fc.constantFrom(...PAGE_NAMES),
  search: text,
  platform: text,
  model: text,
  profile: text,
  user: text,
  since: fc.constantFrom('', '2026-05-01'),
  until: fc.constantFrom('', '2026-06-01'),
  archived: fc.constantFrom('false' as const, 'true' as const, 'any' as const),
  pinned: fc.boolean(),
  sort: fc.option(fc.constantFrom(...SORTS), { nil: undefined }),
  children: fc.boolean(),
  from: text,
  to: text,
  session: text,
  sessionProfile: text,
  sessionOrigin: text,
  message: fc.option(fc.nat(), { nil: undefined }),
});

describe('the address of a view', () => {
  it('says all of it', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(readView(writeView(view))).toEqual(view);
      }),
      rounds(1000),
    );
  });

  it('is empty at the start, and short where little is chosen', () => {
    expect(writeView(readView(''))).toBe('');
    expect(writeView({ ...readView(''), search: 'a b', archived: 'any' })).toBe('?q=a+b&archived=any');
  });

  it('that somebody made up shows what can be understood of it', () => {
    expect(readView('?page=nowhere&archived=maybe&children=1&message=x&q=tea&more=1')).toEqual({
      ...readView(''),
      search: 'tea',
    });
  });
});
