import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from './root.js';
import { first } from './wait.js';

const CLI = resolve(ROOT, 'dist/cli.js');

/** Where processes keep the indexes of their histories, each of which has its own there. */
const INDEXES = join(tmpdir(), 'hermes-sessions-indexes');

/** What a finished process left. */
export interface Outcome {
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process is started, besides its arguments and environment. */
export interface Launch {
  readonly cwd?: string;
  /** The command line, where it is not the one that was built. */
  readonly program?: string;
  /** The user it runs as, where this process may choose. */
  readonly uid?: number;
  /** What starts it instead of this process, with its own arguments. */
  readonly through?: readonly string[];
  /** The largest file it may write, in KiB: what lies beyond is as a full disk to it. */
  readonly fileSizeLimit?: number;
  /** All that it reads from standard input, which ends with it; without it there is none. */
  readonly input?: string;
}

/** The built command line as a process of its own, with nothing in its environment but what is given. */
export class CliProcess {
  #stdout = '';
  #stderr = '';
  #isEnded = false;
  readonly #child: ChildProcess;
  /** Settles when the process has ended. */
  readonly ended: Promise<Outcome>;

  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    { cwd, program = CLI, uid, through = [], fileSizeLimit, input }: Launch = {},
  ) {
    const command = [...through, process.execPath, program, ...args];
    const limited =
      fileSizeLimit === undefined
        ? command
        : ['/bin/bash', '-c', `ulimit -f ${fileSizeLimit}; exec "$@"`, 'bash', ...command];
    this.#child = spawn(limited[0] ?? '', limited.slice(1), {
      cwd,
      uid,
      env: { PATH: process.env.PATH ?? '', INDEX_DIR: INDEXES, ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.#child.stdin?.end(input);
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = new Promise((done) => {
      this.#child.on('close', (code, signal) => {
        this.#isEnded = true;
        done({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** What it has printed so far, and whether it has ended. */
  get soFar(): string {
    return `${this.#stdout}${this.#stderr}${this.#isEnded ? '(ended)' : ''}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for what it prints. @throws where it ends without it. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return first(() => {
      const match = pattern.exec(this.#stdout);
      if (match === null && this.#isEnded)
        throw new Error(`ended without printing ${pattern.source}: ${this.#stdout}${this.#stderr}`);
      return match;
    }, `The line ${pattern.source} of the process`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Runs the command line to its end. */
export function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new CliProcess(args, environment).ended;
}
