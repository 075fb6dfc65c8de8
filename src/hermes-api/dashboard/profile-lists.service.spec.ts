import { EMPTY_PAGE, type SessionPage, type SessionPageRequest } from '../../sessions/session-query.js';
import type { SessionReader } from '../../sessions/session-reader.js';
import type { SessionsService } from '../../sessions/sessions.service.js';
import { HermesSessionsService } from '../hermes-sessions.service.js';
import { ProfileScope } from '../profile-scope.js';
import { ListedRows } from './listed-rows.js';
import { ProfileListsService } from './profile-lists.service.js';
import { ProfileUsage } from './profile-usage.js';

const CALLER = { id: 'somebody', access: {}, scopes: new Set() } as never;

describe('a list of several profiles', () => {
  it('asks for no more entries than it has, however far it begins behind the first one', async () => {
    const asked: SessionPageRequest[] = [];
    const reader = {
      list: (request: SessionPageRequest): Promise<SessionPage> => {
        asked.push(request);
        return Promise.resolve({ ...EMPTY_PAGE, total: 1_000_000 });
      },
      profileNames: () => Promise.resolve([{ name: 'default' }, { name: 'work' }]),
    } as unknown as SessionReader;
    const lists = new ProfileListsService(
      new HermesSessionsService(reader, {} as SessionsService),
      new ProfileScope(reader),
      new ProfileUsage(reader),
      new ListedRows(reader),
    );
    const answer = await lists.list({ limit: '20', offset: '900000' }, CALLER);
    expect(answer).toMatchObject({
      ...{ total: 2_000_000, limit: 20, offset: 900_000 },
      profile_totals: { default: 1_000_000, work: 1_000_000 },
    });
    // One entry more on each side, since there are two profiles.
    expect(asked.map(({ limit }) => limit)).toEqual([1, 1, 22]);
    expect(asked.at(-1)).toMatchObject({
      start: { offset: 899_999 },
      filter: { access: { profiles: ['default', 'work'] } },
    });
  });
});
