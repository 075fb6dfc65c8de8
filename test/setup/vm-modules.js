import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import vm from 'node:vm';

const FLAG = '--experimental-vm-modules';

/**
 * Starts this program once more with what Jest needs to load ES modules, unless it is there already, so that nobody has to know of
 * it: `npx jest test/contract/list` works as it is, and so does the button of an editor. Node takes it on its command line alone.
 */
export async function withVmModules() {
  if (vm.SourceTextModule !== undefined) return;
  const [program = '', ...given] = process.argv;
  const child = spawn(
    program,
    [...process.execArgv, FLAG, '--disable-warning=ExperimentalWarning', ...given],
    {
      stdio: 'inherit',
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((ended) => child.on('exit', (...outcome) => ended(outcome)));
  process.exit(code ?? 128 + constants.signals[signal]);
}
