import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { ProfileListResponse } from '../../src/profiles/profile-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { serverWithLog } from '../support/log.js';
import { NEWEST_FIRST, writeHome, writeProfile } from '../support/profiles.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('files of several profiles', () => {
  let home: string;
  let server: TestServer;

  beforeEach(async () => {
    home = writeHome();
    server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
  });

  afterEach(() => server.close());

  const list = (query: string): Promise<SessionListResponse> => server.json(`/v1/sessions?${query}`);
  const ids = async (query: string): Promise<readonly string[]> =>
    (await list(query)).data.map(({ id }) => id);

  it('are served within a second of their appearance, and not after they are gone', async () => {
    writeProfile(join(home, 'profiles', 'novel'), { n12: 12 });
    mkdirSync(join(home, 'profiles', 'empty'));
    await until(async () => (await ids('limit=1'))[0] === 'n12');
    rmSync(join(home, 'profiles', 'novel'), { recursive: true });
    await until(async () => (await server.json<ProfileListResponse>('/v1/profiles')).total === 3);
    expect((await server.get('/v1/sessions/n12')).status).toBe(404);
    expect(await list('')).toMatchObject({ total: 11 });
  });

  it('do not disturb each other when one breaks, and say which it is', async () => {
    await list('');
    const broken = join(home, 'profiles', 'coder', 'state.db');
    const sound = join(home, 'sound.db');
    copyFileSync(broken, sound);
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${broken}${suffix}`, { force: true });
    writeFileSync(broken, 'no database at all, but long enough to be read as one'.repeat(100));
    const { data, total, unavailable_profiles } = await list('limit=200');
    expect(data.map(({ id }) => id)).toEqual(NEWEST_FIRST.slice(1).filter((id) => !id.startsWith('c')));
    expect([total, unavailable_profiles]).toEqual([7, ['coder']]);
    expect(await list('limit=2&offset=3')).toMatchObject({ data: [{ id: 'w6' }, { id: 'd4' }], total: 7 });
    expect(await server.json('/v1/sessions/w6')).toMatchObject({ profile: 'writer' });
    // Whether a session exists cannot be said while one of the places where it could be is not readable.
    expect((await server.get('/v1/sessions/c5')).status).toBe(503);
    expect((await server.get('/v1/sessions?profile=coder')).status).toBe(503);
    const unreadable = [{ profile: 'coder', error: expect.stringMatching(/.{10,}/) }];
    const ofAll = await server.json<{ sessions: readonly { id: string }[] }>(
      '/dashboard/api/profiles/sessions?order=recent&limit=50',
    );
    expect(ofAll.sessions.map(({ id }) => id)).toEqual(data.map(({ id }) => id));
    expect(ofAll).toMatchObject({
      total: 7,
      profile_totals: expect.not.objectContaining({ coder: expect.anything() }),
      errors: unreadable,
    });
    expect(await server.json('/dashboard/api/profiles/sessions?profile=coder')).toMatchObject({
      ...{ sessions: [], total: 0, profile_totals: {}, errors: unreadable },
    });
    expect(await server.json('/dashboard/api/profiles/sessions/sidebar')).toMatchObject({
      recents: { profiles_usage: expect.not.objectContaining({ coder: expect.anything() }) },
      errors: unreadable,
    });
    expect((await server.get('/readyz')).status).toBe(200);
    const { data: profiles } = await server.json<ProfileListResponse>('/v1/profiles');
    expect(profiles.find(({ name }) => name === 'coder')).toMatchObject({
      status: 'unavailable',
      reason: expect.stringMatching(/.{10,}/),
      conversations: null,
    });
    rmSync(broken);
    copyFileSync(sound, broken);
    await until(async () => (await list('')).total === 11);
    expect(await list('')).not.toHaveProperty('unavailable_profiles');
  });
});

describe('a clean-up of several profiles, one of which an agent holds the lock of for too long', () => {
  it('tells what went from those before it, and goes on with the rest when it is asked again', async () => {
    const home = writeHome();
    const server = await TestServer.start(join(home, 'state.db'), { PROFILES: 'on' });
    const prune = async (more: object): Promise<unknown> => {
      const { status, body } = await server.post('/v1/sessions/prune', { max_messages: 5, ...more });
      return { status, ...(body as object) };
    };
    const { plan } = (await prune({})) as { readonly plan: string };
    const writer = HistoryWriter.open(join(home, 'profiles', 'coder', 'state.db'));
    writer.db.exec('BEGIN IMMEDIATE');
    const done = await prune({ dry_run: false, plan });
    writer.db.exec('ROLLBACK');
    writer.close();
    const next = expect.stringMatching(/.+/);
    expect(done).toMatchObject({ status: 200, count: 4, failed: [], remaining: 7, plan: next });
    const rest = await prune({ dry_run: false, plan: (done as { readonly plan: string }).plan });
    expect(rest).toMatchObject({ status: 200, count: 7, remaining: 0 });
    await server.close();
  });
});

describe('profiles that nobody can look for', () => {
  it('are known to be there also where nobody can look into their folders, of which the log tells once', async () => {
    const home = writeHome();
    const told = await serverWithLog({ STATE_DB: join(home, 'state.db'), PROFILES: 'on' });
    const profiles = async (): Promise<readonly string[]> => {
      const { data } = await told.server.json<ProfileListResponse>('/v1/profiles');
      return data.map(({ name, status }) => `${name} ${status}`);
    };
    const warnings = (): readonly unknown[] =>
      told.log
        .filter(({ level, msg }) => level === 'warn' && !String(msg).includes(' is away. '))
        .map(({ msg }) => msg);
    try {
      await told.server.json('/v1/sessions');
      // What is no way to anywhere is out of everybody's reach, also of root's.
      putOutOfReach(join(home, 'profiles'));
      await until(() => warnings().length > 0);
      expect(await profiles()).toEqual(['default ready', 'coder unavailable', 'writer unavailable']);
      putBack(join(home, 'profiles'));
      await until(async () => (await told.server.json<SessionListResponse>('/v1/sessions')).total === 11);
      for (const name of ['coder', 'newer', 'lost+found']) {
        mkdirSync(join(home, 'profiles', name), { recursive: true });
        putOutOfReach(join(home, 'profiles', name));
      }
      await until(async () => (await profiles()).length === 4);
      expect(await profiles()).toEqual([
        ...['default ready', 'coder unavailable', 'newer unavailable', 'writer ready'],
      ]);
      expect(await told.server.json('/v1/sessions')).toMatchObject({
        total: 7,
        unavailable_profiles: ['coder', 'newer'],
      });
      putBack(join(home, 'profiles', 'coder'));
      putBack(join(home, 'profiles', 'newer'));
      await until(async () => (await profiles()).length === 3);
      expect(await told.server.json('/v1/sessions')).toMatchObject({ total: 11 });
      const path = (...names: readonly string[]): string => join(home, 'profiles', ...names);
      expect(warnings()).toEqual([
        `${path()} cannot be read (ELOOP): which profiles there are is not known.`,
        `The profile coder cannot be read: ${path('coder', 'state.db')} cannot be reached (ELOOP).`,
        `The profile newer cannot be read: ${path('newer', 'state.db')} cannot be reached (ELOOP).`,
      ]);
    } finally {
      await told.server.close();
    }
  });
});

function putOutOfReach(folder: string): void {
  renameSync(folder, awayFrom(folder));
  symlinkSync(folder, folder);
}

function putBack(folder: string): void {
  rmSync(folder);
  renameSync(awayFrom(folder), folder);
}

/** A name that no profile has. */
function awayFrom(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}`);
}
