import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { measureConsole } from './console.js';
import { historyOf, type HistorySize } from './histories/history.js';
import { measurePostgres } from './postgres.js';
import { reaches, toTable, type Result } from './report.js';
import { measureAll, measureBesideAgent, measureGrowth } from './works.js';

interface Options {
  readonly sessions: number;
  readonly messages: number;
  readonly words: number;
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly growth: readonly number[];
  readonly postgres: boolean;
  readonly console?: string;
  readonly plans?: string;
  readonly check: boolean;
}

/** A ratio that misses its bar by more than this factor is not noise. */
const FAR_OFF = 6;

/** Sessions of the history for which the bars were set. */
const FULL_SIZE = 55_000;

/** Beyond this number of sessions, messages are few and short: the growing cost is that of sessions. */
const LARGE = 100_000;

const ROOT = resolve(import.meta.dirname, '../../..');
const HISTORIES = resolve(ROOT, '.bench/histories');

function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('must be a number above 0.');
  return number;
}

async function measure(): Promise<readonly Result[]> {
  if (options.console !== undefined) return measureConsole(stateDb, options, options.console);
  if (options.postgres) return measurePostgres(stateDb, options, options.plans);
  return [
    ...(await measureAll(stateDb, options)),
    ...(await measureBesideAgent(stateDb, HISTORIES, options)),
  ];
}

const program = new Command('bench')
  .description('Measures the built server against its peers on histories that it makes and keeps in .bench/.')
  .option('--sessions <number>', 'sessions of the history', toNumber, 55_000)
  .option('--messages <number>', 'messages of a session on average', toNumber, 14.1)
  .option('--words <number>', 'words of a message in the median', toNumber, 45)
  .option('--seed <number>', 'what the history is made from', toNumber, 1)
  .option('--rounds <number>', 'how often everything is measured; the median counts', toNumber, 3)
  .option('--seconds <number>', 'how long one measurement takes', toNumber, 3)
  .option(
    '--growth <list>',
    'sizes to measure the growth of costs on, separated by commas',
    (text: string) => text.split(',').map(toNumber),
    [],
  )
  .option('--postgres', 'measure a PostgreSQL database with the same history instead', false)
  .option('--console <chromium>', 'measure the page of the console in this Chromium instead')
  .option('--plans <file>', 'with --postgres: write the plans of its queries to a file')
  .option('--check', 'exit with 1 when a ratio is far off its bar', false);

const options = program.parse().opts<Options>();
const size: HistorySize = {
  sessions: options.sessions,
  messagesPerSession: options.messages,
  words: options.words,
  seed: options.seed,
  // The shipper does not read the search indexes.
  isUnindexed: options.postgres && options.sessions > FULL_SIZE,
};
const stateDb = historyOf(HISTORIES, size);
const results = await measure();
const growth: { readonly sessions: number; readonly results: readonly Result[] }[] = [];
for (const sessions of options.growth) {
  const large = sessions > LARGE;
  const path = historyOf(HISTORIES, {
    ...size,
    sessions,
    messagesPerSession: large ? 2 : size.messagesPerSession,
    words: large ? 4 : size.words,
  });
  growth.push({ sessions, results: await measureGrowth(path, options) });
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}, ${process.platform}`;
const tables = [
  `${size.sessions.toLocaleString('en-US')} sessions, ${size.messagesPerSession} messages each; ${options.rounds} rounds of ${options.seconds} s; ${machine}.`,
  toTable(results),
  ...growth.map(
    ({ sessions, results: costs }) => `${sessions.toLocaleString('en-US')} sessions:\n\n${toTable(costs)}`,
  ),
];
process.stdout.write(`${tables.join('\n\n')}\n`);
mkdirSync(resolve(ROOT, '.bench'), { recursive: true });
writeFileSync(
  resolve(ROOT, '.bench/result.json'),
  `${JSON.stringify({ machine, options, results, growth }, null, 2)}\n`,
);
if (options.check) {
  // On a history of a tenth of the size, the naive server needs a tenth of the time.
  const slack = (result: Result): number =>
    result.work.includes('naive') ? FAR_OFF * Math.max(1, FULL_SIZE / size.sessions) : FAR_OFF;
  const off = results.filter((result) => result.unit === '×' && !reaches(result, slack(result)));
  for (const result of off)
    process.stderr.write(`Far off: ${result.work}: ${result.value}, bar ${result.bar ?? ''}\n`);
  process.exitCode = off.length === 0 ? 0 : 1;
}
