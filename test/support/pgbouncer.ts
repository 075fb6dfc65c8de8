import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { NEEDS } from '../setup/needs.js';
import { freePort } from './free-port.js';
import { temporaryFolder } from './server.js';
import { until } from './wait.js';

/** PgBouncer in transaction mode with few connections, so that consecutive transactions get different ones. */
export class PgBouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  /** @param url of any database of the cluster. */
  static async start(url: string): Promise<PgBouncer> {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const port = await freePort();
    const file = join(folder, 'pgbouncer.ini');
    writeFileSync(
      file,
      `[databases]
* = host=127.0.0.1 port=${new URL(url).port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
`,
    );
    // PgBouncer refuses to run as root.
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn(NEEDS.pgbouncer.path ?? 'pgbouncer', [...user, '-q', file], { stdio: 'ignore' });
    await until(() => isListening(port));
    return new PgBouncer(child, port);
  }

  /** The URL of a database through this pooler. */
  to(url: string): string {
    const through = new URL(url);
    through.port = String(this.port);
    return through.href;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGINT');
    await ended;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
