import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The key of all servers in a run. */
export const KEY = 'bench-key-0123456789abcdef';

/** A server in a process of its own. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** Milliseconds from its start until it was ready. */
    readonly readyAfter: number,
  ) {}

  /** Starts the built server on a history, as `npm start` does, and waits until it is ready. */
  static async ours(
    stateDb: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> {
    const environment = {
      STATE_DB: stateDb,
      API_SERVER_KEY: KEY,
      PORT: '0',
      LOG_LEVEL: 'info',
      // Rate limits are on as in production, but a single client sends more requests here than the defaults allow.
      RATE_LIMIT_KEY: '1000000',
      RATE_LIMIT_ADDRESS: '1000000',
      ...settings,
    };
    const begun = performance.now();
    const child = spawnNode([resolve(ROOT, 'dist/cli.js'), 'serve'], environment);
    const url = await firstMatch(child, /"url":"(http:[^"]+)"/);
    while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((next) => setTimeout(next, 10));
    return new ServerProcess(child, url, performance.now() - begun);
  }

  /** Starts one of the servers that ours is compared with. */
  static async peer(name: 'bare' | 'naive', stateDb: string): Promise<ServerProcess> {
    const begun = performance.now();
    const child = spawnNode([resolve(import.meta.dirname, `peers/${name}.js`), stateDb, KEY], {});
    const url = await firstMatch(child, /(http:\S+)/);
    return new ServerProcess(child, url, performance.now() - begun);
  }

  /** Peak memory of the process, in MiB (VmHWM; Linux only). */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.child.pid ?? 0}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('close', done));
    this.child.kill('SIGTERM');
    await ended;
  }
}

function spawnNode(args: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '', NODE_PATH: resolve(ROOT, 'node_modules'), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((found, failed) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      // Keep reading, or the pipe fills up. Later output is not needed.
      if (output.length > 100_000) return;
      output += chunk.toString();
      const [, match] = pattern.exec(output) ?? [];
      if (match !== undefined) found(match);
    });
    child.once('close', (code) => {
      failed(new Error(`a server ended with ${String(code)} before it listened: ${output}`));
    });
  });
}
