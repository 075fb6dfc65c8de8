import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import vm from 'node:vm';

/**
 * Flags that Jest needs to load ES modules, and GC settings for processes that reload all modules for each test file: a large young generation from
 * the start, and no GC threads, since there is one process per processor.
 */
const FLAGS = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  '--min-semi-space-size=32',
  '--max-semi-space-size=64',
  '--single-threaded-gc',
];

/**
 * Restarts this program with the flags unless it has them already, so that `npx jest test/contract/list` and the buttons of editors work as they are.
 * Node accepts these flags only on its command line.
 */
export async function withVmModules() {
  if (vm.SourceTextModule !== undefined) return;
  const [program = '', ...given] = process.argv;
  const child = spawn(program, [...process.execArgv, ...FLAGS, ...given], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((ended) => child.on('exit', (...outcome) => ended(outcome)));
  process.exit(code ?? 128 + constants.signals[signal]);
}
