import { FULL_ACCESS } from '../domain/access.js';
import { isAskedFor, type FilterSubject, type SessionCriteria } from './session-filter.js';

const SUBJECT: FilterSubject = {
  ...{
    platform: 'cli',
    userId: 'ana',
    model: 'm',
    titles: ['Draft #2', null, 'Draft'],
    startedAt: 100,
    archived: false,
  },
};

function selects(criteria: Partial<SessionCriteria>, subject: Partial<FilterSubject> = {}): boolean {
  return isAskedFor({ access: FULL_ACCESS, archived: 'any', ...criteria }, { ...SUBJECT, ...subject });
}

describe('what criteria select', () => {
  it.each<[Partial<SessionCriteria>, Partial<SessionCriteria>]>([
    [{ platforms: ['cli', 'slack'] }, { platforms: ['slack'] }],
    [{ userId: 'ana' }, { userId: 'bo' }],
    [{ model: 'm' }, { model: 'n' }],
    [{ title: 'Draft' }, { title: 'draft' }],
    [{ since: 100 }, { since: 100.5 }],
    [{ until: 100.5 }, { until: 100 }],
  ])('is what equals %j, and not %j', (theirs, others) => {
    expect([selects(theirs), selects(others)]).toEqual([true, false]);
  });

  it('has what has no known start in no range of starts', () => {
    const unknown = { startedAt: null };
    expect([selects({ until: 200 }, unknown), selects({ since: -5 }, unknown), selects({}, unknown)]).toEqual(
      [false, false, true],
    );
  });
});
