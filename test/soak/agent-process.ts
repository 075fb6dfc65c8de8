import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT } from '../support/root.js';
import type { AgentLog } from './agent-log.js';

/** An agent as a process of its own. It is compiled beside this file's own compiled form. */
export class AgentProcess {
  readonly #child;
  readonly #ended: Promise<number | null>;

  constructor(
    stateDb: string,
    private readonly logFile: string,
    options: { readonly seed: number; readonly pause: number },
  ) {
    const script = resolve(ROOT, '.soak/build/test/soak/agent.js');
    this.#child = spawn(
      process.execPath,
      [script, stateDb, logFile, String(options.seed), String(options.pause)],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    this.#ended = new Promise((done) => this.#child.once('close', done));
  }

  /** Lets it end its transaction, and reads what it did. */
  async stop(): Promise<AgentLog> {
    this.#child.kill('SIGTERM');
    const code = await this.#ended;
    if (code !== 0) throw new Error(`the agent ended with ${String(code)}`);
    return JSON.parse(readFileSync(this.logFile, 'utf8')) as AgentLog;
  }
}
