import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import vm from 'node:vm';

/**
 * What Jest needs to load ES modules, and what suits processes that load all modules anew for each file of tests: young objects have
 * room from the beginning, and no threads of their own collect garbage, since there is a process for each processor.
 */
const FLAGS = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  '--min-semi-space-size=32',
  '--max-semi-space-size=64',
  '--single-threaded-gc',
];

/**
 * Starts this program once more with the flags, unless they are there already, so that nobody has to know of them:
 * `npx jest test/contract/list` works as it is, and so does the button of an editor. Node takes them on its command line alone.
 */
export async function withVmModules() {
  if (vm.SourceTextModule !== undefined) return;
  const [program = '', ...given] = process.argv;
  const child = spawn(program, [...process.execArgv, ...FLAGS, ...given], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((ended) => child.on('exit', (...outcome) => ended(outcome)));
  process.exit(code ?? 128 + constants.signals[signal]);
}
