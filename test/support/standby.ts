import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { runSql } from './database.js';
import { freePort } from './free-port.js';
import { until } from './wait.js';

const run = promisify(execFile);

/** A PostgreSQL hot standby of a local server; Linux only. */
export class Standby {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** Starts following a database's server, which must keep WAL for standbys (`wal_level`, `max_wal_senders`). */
  static async of(url: string): Promise<Standby> {
    const port = await freePort();
    const [setting] = await runSql(url, 'SHOW data_directory');
    const original = String(setting?.data_directory);
    const folder = `${original}-standby-${port}`;
    await copy(url, original, folder);
    writeFileSync(join(folder, 'standby.signal'), '');
    const [pid = ''] = readFileSync(join(original, 'postmaster.pid'), 'utf8').split('\n');
    // Runs as the owner of the original: PostgreSQL refuses to run as root.
    const { uid, gid } = statSync(original);
    const { port: followed } = new URL(url);
    const child = spawn(
      readlinkSync(`/proc/${pid}/exe`),
      [
        ...['-D', folder, '-p', String(port), '-c', 'max_connections=300'],
        ...['-c', `primary_conninfo=host=127.0.0.1 port=${followed} user=postgres`],
      ],
      { stdio: 'ignore', uid, gid, env: { ...process.env, LC_MESSAGES: 'C' } },
    );
    const standby = new Standby(child, folder, port);
    await until(() => isAnswering(standby.to(url)), 'the standby');
    return standby;
  }

  /** The URL of the same database on this standby. */
  to(url: string): string {
    const here = new URL(url);
    here.port = String(this.port);
    return here.href;
  }

  /** Promotes it to primary. */
  async promote(url: string): Promise<void> {
    await runSql(this.to(url), 'SELECT pg_promote()');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGQUIT');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Copies the files of a running server (https://www.postgresql.org/docs/current/continuous-archiving.html, low-level API). */
async function copy(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SELECT pg_backup_start('standby', true)");
  // Files that disappear meanwhile are not needed.
  await run('cp', ['-a', from, to]).catch(() => undefined);
  const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  await client.end();
  const { uid, gid } = statSync(from);
  writeFileSync(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
  await run('chown', [`${uid}:${gid}`, join(to, 'backup_label')]);
  for (const file of ['postmaster.pid', 'postmaster.opts']) rmSync(join(to, file), { force: true });
}

async function isAnswering(url: string): Promise<boolean> {
  return runSql(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}
