import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { ProfileListResponse } from '../../src/profiles/profile-list.response.js';
import { createDatabase, runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { runCli, type Outcome } from '../support/process.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

describe('a host that is taken away', () => {
  let url: string;
  let name: string;
  let own: string;

  const cli = (args: readonly string[], environment = {}): Promise<Outcome> =>
    runCli(args, { DATABASE_URL: url, LOG_LEVEL: 'warn', ...environment });

  /** @returns its own address of the database. */
  const add = async (): Promise<string> => {
    const { stdout } = await cli(['hosts', 'add', name]);
    return /DATABASE_URL="([^"]+)"/.exec(stdout)?.[1] ?? '';
  };

  const remove = (environment = {}): Promise<Outcome> =>
    cli(['hosts', 'remove', name, '--delete-history'], environment);

  beforeEach(async () => {
    url = await createDatabase();
    name = `Build-${randomBytes(4).toString('hex')}`;
    own = await add();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: smallHistory(25) }), own, name);
    await shipper.settled();
    await shipper.stop();
  });

  afterEach(() => remove());

  /** Has each deletion of messages do something first. */
  async function beforeDeletions(statement: string): Promise<void> {
    await runSql(
      url,
      `CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NULL; END $$`,
    );
    await runSql(url, 'CREATE TRIGGER first BEFORE DELETE ON messages EXECUTE FUNCTION first()');
  }

  /** A connection that says whether it was ended. */
  async function connected(): Promise<{ readonly client: pg.Client; readonly isEnded: () => boolean }> {
    const client = new pg.Client(own);
    let isEnded = false;
    client.on('error', () => undefined);
    client.on('end', () => (isEnded = true));
    await client.connect();
    return { client, isEnded: () => isEnded };
  }

  it('goes though its role has made what nobody asked for, and is connected', async () => {
    const { client, isEnded } = await connected();
    await client.query('SELECT lo_create(0)');
    await client.query('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC');
    expect(await remove()).toMatchObject({ code: 0, stderr: '' });
    await until(isEnded);
    await expect(runSql(own, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });

  it.each(['--keep-history', '--delete-history'])(
    'stays where one profile of it is taken away, %s',
    async (fate) => {
      await runSql(
        url,
        `INSERT INTO histories OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(h, jsonb_build_object(
            'id', id + 1000, 'profile', 'gone', 'is_default', false, 'seen_at', now() - interval '1 day'))).* FROM histories h`,
      );
      await runSql(
        url,
        `INSERT INTO commands (history_id, session_id, kind) SELECT id, 'waits', 'delete' FROM histories WHERE profile = 'gone'`,
      );
      const server = await TestServer.onDatabase(url);
      const warnings = async (): Promise<readonly unknown[]> =>
        (await server.json<ProfileListResponse>('/v1/profiles')).data
          .filter((profile) => profile.name === 'gone')
          .map(({ shipping }) => shipping?.warning);
      expect(await warnings()).toEqual([expect.stringContaining('shipper')]);
      expect(await cli(['hosts', 'remove', name, '--profile', 'gone', fate])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`Removed gone of ${name}`),
      });
      const isKept = fate === '--keep-history';
      expect(await warnings()).toEqual(isKept ? [null] : []);
      expect(await runSql(url, "SELECT FROM commands WHERE session_id = 'waits'")).toHaveLength(
        isKept ? 1 : 0,
      );
      expect(
        await runSql(
          url,
          "SELECT FROM sessions s JOIN histories h ON h.id = s.history_id WHERE h.profile = 'default'",
        ),
      ).not.toEqual([]);
      await runSql(own, 'SELECT 1');
      expect((await cli(['hosts', 'remove', name, '--profile', 'nowhere', fate])).code).toBe(1);
      await server.close();
    },
  );

  it('keeps what had arrived of a history as all that there is, until the host is back', async () => {
    await runSql(url, 'UPDATE histories SET is_loaded = false');
    const arriving = await cli(['export', '--out', '-']);
    expect(arriving).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`only partly included: default of ${name}.`) as unknown,
    });
    await cli(['hosts', 'remove', name, '--keep-history']);
    expect(await cli(['export', '--out', '-'])).toMatchObject({ code: 0, stdout: arriving.stdout });
    const server = await TestServer.onDatabase(url);
    expect(await server.json('/v1/profiles')).toMatchObject({
      data: [{ conversations: 8, status: 'ready' }],
    });
    expect(await server.json('/v1/sessions?search=tomatoes')).not.toHaveProperty('search_incomplete');
    own = await add();
    const settings = testSettings({ STATE_DB: smallHistory(25) });
    const shipper = await TestShipper.start(settings, own, name);
    await shipper.settled();
    await shipper.stop();
    expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: true }]);
    await server.close();
  });

  it('goes with a history that is not deleted in the time that a request has', async () => {
    await beforeDeletions('PERFORM pg_sleep(2)');
    expect(await remove({ DATABASE_TIMEOUT_MS: '1000' })).toMatchObject({ code: 0, stderr: '' });
    expect(await runSql(url, 'SELECT FROM histories')).toEqual([]);
  });

  it('gets in no more where its history cannot be deleted, and goes when it can', async () => {
    await beforeDeletions("RAISE EXCEPTION 'not now'");
    expect(await remove()).toMatchObject({ code: 1 });
    await expect(runSql(own, 'SELECT 1')).rejects.toThrow(/not permitted to log in/);
    await runSql(url, 'DROP TRIGGER first ON messages');
    expect((await remove()).stdout).toBe(`Removed ${name} and deleted its 13 sessions.\n`);
  });

  it('says what is left to do where its role has something in another database', async () => {
    const elsewhere = Object.assign(new URL(own), { pathname: '/postgres' }).href;
    await runSql(elsewhere, 'SELECT lo_create(0)');
    const { code, stderr } = await remove();
    const [, command = ''] = /(DROP OWNED BY \w+)/.exec(stderr) ?? [];
    expect([code, command]).toEqual([1, `DROP OWNED BY ${new URL(own).username}`]);
    await expect(runSql(own, 'SELECT 1')).rejects.toThrow(/not permitted to log in/);
    await runSql(Object.assign(new URL(url), { pathname: '/postgres' }).href, command);
    expect(await remove()).toMatchObject({ code: 0 });
  });

  it('has nothing open any more with a password of before', async () => {
    const { isEnded } = await connected();
    const again = await add();
    await until(isEnded);
    expect(await runSql(again, 'SELECT origin FROM histories')).toEqual([{ origin: name }]);
  });
});
