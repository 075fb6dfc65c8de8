import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { randomNumbers } from '../../src/demo/random-numbers.js';
import { ROOT } from '../support/root.js';
import { crowd } from './crowd.js';
import { KillRun } from './kills.js';
import { crowdSection, toMarkdown, withCrowd } from './report.js';
import { soak } from './soak.js';

interface Options {
  readonly seconds: string;
  readonly sessions: string;
  readonly kills: string;
  readonly crowd: string;
  readonly only?: string;
  readonly write?: boolean;
}

const options = new Command('soak')
  .description(
    'Runs the built server beside an agent that writes, kills it, and compares everything with everything.',
  )
  .option('--seconds <number>', 'how long each of the four soaks takes', '120')
  .option('--sessions <number>', 'sessions of the history', '5000')
  .option(
    '--kills <number>',
    'how often a server is killed while it deletes and renames, in each journal mode',
    '100',
  )
  .option('--crowd <number>', 'seconds that a crowd is there, and that it is not; twice each', '45')
  .option('--only <part>', 'crowd: nothing but the crowd')
  .option('--write', 'write docs/reliability.md')
  .parse()
  .opts<Options>();

const folder = resolve(ROOT, '.soak');
const page = resolve(ROOT, 'docs/reliability.md');
const many = await crowd({ folder, sessions: Number(options.sessions), seconds: Number(options.crowd) });
process.stderr.write(`${JSON.stringify(many, undefined, 1)}\n`);
if (options.only === 'crowd') {
  if (options.write === true) writeFileSync(page, withCrowd(readFileSync(page, 'utf8'), many));
  else process.stdout.write(crowdSection(many));
  process.exit(many.problems.length === 0 ? 0 : 1);
}
const soaks = [];
for (const mode of ['wal', 'delete'] as const) {
  for (const killEvery of [0, 10]) {
    const report = await soak({
      folder,
      mode,
      sessions: Number(options.sessions),
      seconds: Number(options.seconds),
      pause: 25,
      killEvery,
      seed: soaks.length + 1,
    });
    process.stderr.write(`${JSON.stringify(report, undefined, 1)}\n`);
    soaks.push(report);
  }
}
const kills = [];
for (const mode of ['wal', 'delete'] as const) {
  const report = await new KillRun(resolve(folder, `kills-${mode}.db`), mode, randomNumbers(7)).run(
    Number(options.kills),
  );
  process.stderr.write(`${JSON.stringify({ mode, ...report })}\n`);
  kills.push({ mode, ...report });
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}, ${process.platform}`;
const text = toMarkdown(soaks, kills, many, machine);
if (options.write === true) writeFileSync(page, text);
else process.stdout.write(text);
process.exitCode = [...soaks, ...kills, many].every(({ problems }) => problems.length === 0) ? 0 : 1;
