import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from './root.js';
import { first } from './wait.js';

const CLI = resolve(ROOT, 'dist/cli.js');

/** Folder of the processes' indexes; each history has its own index in it. */
const INDEXES = join(tmpdir(), 'hermes-sessions-indexes');

/** The result of a finished process. */
export interface Outcome {
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options for starting a process, besides its arguments and environment. */
export interface Launch {
  readonly cwd?: string;
  /** The program to run; by default the built command line. */
  readonly program?: string;
  /** The user to run as, if this process may choose one. */
  readonly uid?: number;
  /** A launcher with its own arguments that starts the process. */
  readonly through?: readonly string[];
  /** Maximum size of a file it may write, in KiB; beyond that, writing fails like on a full disk. */
  readonly fileSizeLimit?: number;
  /** Its complete standard input; by default none. */
  readonly input?: string;
}

/** The built command line as a process, with little in its environment but what is given. */
export class CliProcess {
  #stdout = '';
  #stderr = '';
  #isEnded = false;
  readonly #child: ChildProcess;
  /** Resolves when the process has ended. */
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
      env: {
        PATH: process.env.PATH ?? '',
        INDEX_DIR: INDEXES,
        // On a busy machine every test runs late.
        MAX_EVENT_LOOP_DELAY_MS: '0',
        ...environment,
      },
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

  /** Its output so far, and whether it has ended. */
  get soFar(): string {
    return `${this.#stdout}${this.#stderr}${this.#isEnded ? '(ended)' : ''}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for output that matches. @throws if the process ends without it. */
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

/** Runs the command line until it ends. */
export function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new CliProcess(args, environment).ended;
}
