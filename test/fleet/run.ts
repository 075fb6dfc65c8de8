import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { tableOf } from '../../src/commands/table.js';
import { endFile } from '../support/file-end.js';
import { Fleet } from './fleet.js';
import { trialsOf } from './trials.js';

interface Options {
  readonly hosts: string;
  readonly crashes: string;
  readonly kills: string;
  readonly seed: string;
  readonly only?: string;
}

const options = new Command('fleet')
  .description(
    'Runs hosts whose agents write, a database with a standby, and a server; has happen to them what happens; compares every host with the centre after each.',
  )
  .option('--hosts <number>', 'hosts', '20')
  .option('--crashes <number>', 'how often the database is killed', '6')
  .option('--kills <number>', 'how often a shipper is', '30')
  .option('--only <text>', 'nothing but what has this in its name')
  .option('--seed <number>', 'of what agents do, and to whom it happens', '1')
  .parse()
  .opts<Options>();

const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-fleet-'));
const fleet = await Fleet.start(folder, Number(options.hosts), Number(options.seed));
const rows: (readonly string[])[] = [];
let failures = 0;
process.stderr.write(`${options.hosts} hosts are sent for the first time.\n`);
process.stderr.write(`All is the same everywhere after ${(await fleet.whole()).toFixed(1)} s.\n`);
const trials = trialsOf({ crashes: Number(options.crashes), kills: Number(options.kills) });
for (const { name, run } of trials.filter((trial) => trial.name.includes(options.only ?? ''))) {
  try {
    fleet.takeAnswers();
    const seen = await run(fleet);
    const seconds = await fleet.whole();
    const { answered, refused } = fleet.takeAnswers();
    rows.push([name, `${seconds.toFixed(1)} s`, `${answered} / ${refused}`, seen]);
  } catch (error) {
    failures++;
    rows.push([name, 'FAILED', '-', error instanceof Error ? error.message : String(error)]);
  }
  process.stderr.write(`${rows.at(-1)?.join(' | ') ?? ''}\n`);
}
await fleet.stop();
await endFile();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(
  tableOf([['WHAT HAPPENED', 'THE SAME EVERYWHERE AFTER', 'ANSWERED / REFUSED', 'SEEN'], ...rows]),
);
// The database of this run has a hook that would say 0.
process.exit(failures === 0 ? 0 : 1);
