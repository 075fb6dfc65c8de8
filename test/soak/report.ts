import type { KillReport } from './kills.js';
import type { SoakReport, Waits } from './soak.js';

/** The outcome of a run as the page that is checked in. */
export function toMarkdown(
  soaks: readonly SoakReport[],
  kills: readonly (KillReport & { readonly mode: string })[],
  machine: string,
): string {
  return `# Reliability

What \`npm run soak -- --write\` saw, which wrote this page (${machine}). The soaks of CI are the same ones, shorter.

## Beside an agent

An agent process writes as Hermes does, one \`BEGIN IMMEDIATE\` each: it begins sessions and delegates, appends,
renames, ends, compresses, rewinds and deletes, about as much in each soak as an agent does in an hour. Beside it
the built server answers four clients that read (lists, filters, searches for words in 60 % of all messages,
transcripts) and two that rename, archive and delete, all without a pause. In every other soak the server is
killed with SIGKILL every ten seconds and started again. Afterwards everything is compared: SQLite's
\`integrity_check\` and FTS5's, every row that the agent committed, every change that a client was promised, every
session row and hundreds of transcripts as the API tells them, and all lists with those of a server that starts then.

${table(
  [
    'journal',
    'seconds',
    'agent’s transactions',
    'failed',
    'rows lost',
    'requests',
    'refused (`store_busy`)',
    'kills',
    'sessions compared',
    'deviations',
  ],
  soaks.map((report) => [
    report.options.mode,
    report.options.seconds,
    report.waits.count,
    report.problems.filter((problem) => /^\\w+: \\w*Error/.test(problem)).length,
    report.problems.filter((problem) => problem.includes('instead of')).length,
    requests(report, /^/),
    requests(report, /store_busy/),
    report.kills,
    report.sessionsCompared,
    report.problems.length,
  ]),
)}

What the agent waited for a transaction, from before its begin to after its commit, in milliseconds; disks and
other processes make it wait as well, so what it waits alone stands beside it.

${table(
  ['journal', 'kills', 'alone p50', 'p99', 'most', 'beside us p50', 'p99', 'most', 'over 250 ms'],
  soaks.map(({ options, kills: killed, alone, waits }) => [
    options.mode,
    killed,
    ...columns(alone),
    ...columns(waits),
    waits.long,
  ]),
)}

## Killed in the middle of changes

A server is started, six sessions with 250 messages and two delegates each are deleted or renamed at once, and
the server is killed with SIGKILL within a quarter of a second. Every session must be whole or gone, and what was
answered must be so. Transcript files of a deleted session that the server did not get to are named by
\`hermes-sessions doctor\`; nothing else removes them, since a file without a session may also be one that is
older than the history.

${table(
  [
    'journal',
    'kills',
    'changes under way',
    'deleted',
    'renamed',
    'files left, all named',
    'neither whole nor gone',
  ],
  kills.map((report) => [
    report.mode,
    report.kills,
    report.underWay,
    report.deleted,
    report.renamed,
    report.filesLeft,
    report.problems.length,
  ]),
)}

## What else is tested

\`npm test\` has the rest, with real processes and files (\`test/resilience/\`): a history that is removed, replaced,
overwritten in place, truncated, damaged, foreign, out of reach, on a full disk, without its journal, half written by
an agent that was killed, or altered in its schema; garbage in every column; stops, slow clients and too many of them;
random sequences of API calls and agent writes against a model of the rules; and every operation of the OpenAPI document
with generated requests.
`;
}

function requests({ requests: outcomes }: SoakReport, pattern: RegExp): number {
  return Object.entries(outcomes)
    .filter(([outcome]) => pattern.test(outcome))
    .reduce((sum, [, count]) => sum + count, 0);
}

function columns({ p50, p99, most }: Waits): readonly string[] {
  return [p50, p99, most].map((milliseconds) => milliseconds.toFixed(1));
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
