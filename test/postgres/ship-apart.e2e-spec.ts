import { chmodSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { CliProcess } from '../support/process.js';
import { until } from '../support/wait.js';

/** A user who is nobody here. */
const NOBODY = 65_534;

/** As docs/operations/hermes-ship.service starts it. */
const AS_ANOTHER_USER = [
  ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
  ...['--securebits=+no_setuid_fixup', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'],
];

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stdout.write('Skipped: a shipper as another user. Only root can start one.\n');

(isRoot ? describe : describe.skip)('a shipper that runs as another user', () => {
  it('sends a history that it may not change, while an agent has it open, and leaves the files as they are', async () => {
    const path = smallHistory(25);
    const folder = dirname(path);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o600);
    chmodSync(folder, 0o700);
    const url = await createDatabase();
    const agent = HistoryWriter.open(path);
    agent.db.pragma('journal_mode = WAL');
    const ship = new CliProcess(
      ['ship', '--read-only', '--state-db', path, '--origin', 'apart'],
      { DATABASE_URL: url },
      { through: AS_ANOTHER_USER },
    );
    const contents = (): Promise<readonly unknown[]> =>
      runSql(url, "SELECT content FROM messages WHERE session_id = 'plain' ORDER BY id DESC LIMIT 1");
    try {
      await until(async () => (await contents()).length > 0);
      say(agent, 'plain', 'user', 'About watermelons', hour(80));
      await until(async () => JSON.stringify(await contents()).includes('About watermelons'));
    } finally {
      ship.kill('SIGTERM');
      agent.close();
    }
    expect((await ship.ended).code).toBe(0);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name))).toMatchObject({ uid: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
