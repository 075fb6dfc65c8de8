import type { CrowdReport } from './crowd.js';
import type { KillReport } from './kills.js';
import type { SoakReport, Waits } from './soak.js';

/** The outcome of a run as the page that is checked in. */
export function toMarkdown(
  soaks: readonly SoakReport[],
  kills: readonly (KillReport & { readonly mode: string })[],
  many: CrowdReport,
  machine: string,
): string {
  return `# Reliability

\`npm run soak -- --write\` wrote this page. It shows what that run measured (${machine}). CI runs the same soaks, but shorter.

## Beside an agent

An agent process writes as Hermes does, with one \`BEGIN IMMEDIATE\` for each change: it starts sessions and delegates, appends,
renames, ends, compresses, rewinds and deletes. In each soak it does about as much as an agent does in an hour. At the same time
the built server answers four clients that read (lists, filters, searches for words in 60 % of all messages,
transcripts) and two that rename, archive and delete, all without a pause. In every second soak the server is
killed with SIGKILL every ten seconds and started again. At the end everything is checked: SQLite's
\`integrity_check\` and that of FTS5, every row that the agent committed, every change that the server confirmed to a client, every
session row and hundreds of transcripts as the API shows them, and all lists, which must equal those of a freshly started server.

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

How long the agent waited for a transaction, from before its begin to after its commit, in milliseconds. Disks and
other processes make the agent wait as well, so the table also has its waits without a server ("alone").

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
the server is killed with SIGKILL within a quarter of a second. Every session must be complete or gone, and every change that was
confirmed must have been made. \`hermes-sessions doctor\` names transcript files of deleted sessions that the server could no longer remove.
Nothing removes these files by itself, since a file without a session may also be
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

${crowdSection(many)}
${AFTER_CROWD}

\`npm test\` tests the rest with real processes and files (\`test/resilience/\`): a history that is removed, replaced,
overwritten in place, truncated, damaged, from another program, out of reach, on a full disk, without its journal, half written by
an agent that was killed, or altered in its schema; garbage in every column; stops, slow clients and too many clients;
random sequences of API calls and agent writes, compared with a model of the rules; and every operation of the OpenAPI document
with generated requests.
`;
}

/** What comes behind the section about the crowd. */
const AFTER_CROWD = '## What else is tested';

const CROWD = '## Beside a crowd';

/** The page with what is known of a crowd now; everything else in it stays. */
export function withCrowd(page: string, many: CrowdReport): string {
  const begin = page.includes(CROWD) ? page.indexOf(CROWD) : page.indexOf(AFTER_CROWD);
  return `${page.slice(0, begin)}${crowdSection(many)}\n${page.slice(page.indexOf(AFTER_CROWD))}`;
}

/** What others wait beside a crowd, as a section of the page. */
export function crowdSection({
  seconds,
  quiet,
  beside,
  memory,
  files,
  outcomes,
  problems,
}: CrowdReport): string {
  const of = (kind: string): string =>
    Object.entries(outcomes)
      .filter(([name]) => name.startsWith(`${kind}: `))
      .map(([name, count]) => `${count.toLocaleString('en-US')} × ${name.slice(kind.length + 2)}`)
      .join(', ');
  return `${CROWD}

The crowd is one key at one address. It opens 1,000 connections and sends requests on them now and then, has 20 listeners that leave after a second and come
back for what they missed, and begins four exports of everything at a time, which it leaves after 64 KiB. Meanwhile an agent writes, and
another caller, with its own key and address, asks for the list, sessions, messages and \`/readyz\`. Times with and without the crowd alternate,
twice ${seconds} seconds each. The table shows how long the other caller waits, in milliseconds:

${table(
  ['', 'requests', 'p50', 'p99', 'most', 'memory of the server, MB', 'its open files'],
  [
    ['quiet', quiet.count, ...columns(quiet), memory.before, files.before],
    ['beside the crowd', beside.count, ...columns(beside), memory.most, files.most],
    ['when it has left', '', '', '', '', memory.after, files.after],
  ],
)}

How the crowd's own requests ended (429 and 503 are refusals; closed is a connection beyond the limit): connections ${of('connection')}; listeners
${of('listener')}; exports ${of('export')}. Of the other caller's requests ${problems.length === 0 ? 'none was refused or failed' : problems.slice(0, 5).join('; ')}.
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
