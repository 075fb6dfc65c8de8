import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';

/** Hermes's folder with histories of these versions: its own, and that of the profile `other`. */
function homeOf(own: 6 | 25, other: 6 | 25): string {
  const home = temporaryFolder();
  const profile = join(home, 'profiles', 'other');
  mkdirSync(profile, { recursive: true });
  renameSync(smallHistory(own, 'delete'), join(home, 'state.db'));
  renameSync(smallHistory(other, 'delete'), join(profile, 'state.db'));
  return home;
}

describe('archiving what a clean-up selects', () => {
  let server: TestServer;

  afterEach(() => server.close());

  const dryRun = (action: string): ReturnType<TestServer['post']> =>
    server.post('/v1/sessions/prune', { action, dry_run: true, titled: true, include_pinned: true });

  it('takes nothing along of a profile whose version archives nothing', async () => {
    server = await TestServer.start(join(homeOf(25, 6), 'state.db'), { PROFILES: 'on' });
    const { status, body } = await dryRun('archive');
    expect({ status, body }).toMatchObject({ status: 200, body: { count: 1, ids: ['plain'] } });
  });

  it('is refused before it begins where no profile can', async () => {
    server = await TestServer.start(join(homeOf(6, 6), 'state.db'), { PROFILES: 'on' });
    const { status, body } = await dryRun('archive');
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { error: { code: 'unsupported_by_store' } },
    });
  });
});
