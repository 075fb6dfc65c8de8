import type { ProfileListResponse, ProfileResponse } from '../../src/profiles/profile-list.response.js';
import { runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';

describe('how far a host is behind', () => {
  let host: ShippedHost;
  let server: TestServer;
  let limited: TestServer;

  const asked = async (by: TestServer): Promise<ProfileResponse | undefined> =>
    (await by.json<ProfileListResponse>('/v1/profiles')).data[0];

  beforeAll(async () => {
    host = await ShippedHost.start(smallHistory(25));
    await host.offline();
    const keys = keyFileWith({ user_id: 'ana' });
    server = await TestServer.onDatabase(host.url, { KEYS_FILE: keys.path });
    limited = server.as(keys.token);
  });

  it('is told in the list of profiles, without a warning while all is well', async () => {
    expect(await asked(server)).toMatchObject({
      shipping: {
        in_step_at: expect.stringMatching(/^20\d\d-.*Z$/),
        compared_at: expect.stringMatching(/^20\d\d-.*Z$/),
        held_sessions: 0,
        warning: null,
      },
    });
  });

  it('is not told of to whoever may know of some sessions alone', async () => {
    expect(await asked(limited)).toMatchObject({ shipping: null });
  });

  it('is warned of when it grows', async () => {
    await runSql(host.url, "UPDATE histories SET seen_at = now() - interval '2 minutes'");
    expect((await asked(server))?.shipping?.warning).toMatch(/^Its shipper does not run/);
    await runSql(host.url, "UPDATE histories SET compared_at = now() - interval '3 hours'");
    expect((await asked(server))?.shipping?.warning).toMatch(/shipper.*not compared/);
    await runSql(host.url, 'UPDATE histories SET held_sessions = 5');
    expect((await asked(server))?.shipping).toMatchObject({
      held_sessions: 5,
      warning: expect.stringMatching(/shipper.*not compared.*missing at its host/),
    });
    await host.online();
    expect((await asked(server))?.shipping?.warning ?? '').not.toMatch(/shipper|not compared/);
    await host.offline();
  });

  it('is nobody any more, and nothing to warn of, once a host is retired', async () => {
    await runSql(host.url, 'UPDATE histories SET seen_at = NULL, compared_at = NULL, held_sessions = 0');
    expect((await asked(server))?.shipping).toEqual({
      in_step_at: null,
      compared_at: null,
      held_sessions: 0,
      warning: null,
    });
  });
});
