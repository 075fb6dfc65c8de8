import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { HermesConnection } from '../../src/stores/hermes/file/hermes-connection.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { smallHistory } from '../support/histories.js';
import { writeProfile } from '../support/profiles.js';
import { temporaryFolder, testSettings } from '../support/server.js';

describe('files that others put beside a history, or in its place', () => {
  it('are no libraries of this process, whatever they are called', () => {
    const home = temporaryFolder();
    const other = join(home, 'profiles', 'other');
    writeProfile(home, { a: 1 });
    writeProfile(other, { b: 2 });
    mkdirSync(join(other, 'lib'));
    writeFileSync(join(other, 'lib', 'libfts5_cjk.so'), 'anything');
    const settings = testSettings({
      ...{ STATE_DB: join(home, 'state.db'), HERMES_HOME: home, PROFILES: 'on' },
      HERMES_FTS5_CJK_SO: '/opt/hermes/libfts5_cjk.so',
    });
    const profiles = new HermesProfiles(settings, new SilentObserver());
    expect(profiles.all.map(({ name, location }) => [name, location.tokenizer])).toEqual([
      ['default', '/opt/hermes/libfts5_cjk.so'],
      ['other', '/opt/hermes/libfts5_cjk.so'],
    ]);
  });

  it('do not have a change that was committed while they took its place, which is then refused', async () => {
    const stateDb = smallHistory(25);
    const location = {
      stateDb,
      hermesHome: temporaryFolder(),
      tokenizer: '',
      sqliteNode: '',
      indexFolder: temporaryFolder(),
    };
    const connection = new HermesConnection(location, () => undefined);
    copyFileSync(stateDb, `${stateDb}.new`);
    const change = connection.transaction(({ reader }) => {
      // As whoever restores a history does.
      for (const suffix of ['-wal', '-shm']) rmSync(`${stateDb}${suffix}`, { force: true });
      renameSync(`${stateDb}.new`, stateDb);
      return reader.run("UPDATE sessions SET title = 'lost' WHERE id = 'plain'");
    });
    await expect(change).rejects.toMatchObject({ code: 'store_unavailable' });
    const title = await connection.snapshot(({ reader }) =>
      reader.value("SELECT title FROM sessions WHERE id = 'plain'"),
    );
    expect(title).toBe('Garden irrigation');
    await connection.close();
  });
});
