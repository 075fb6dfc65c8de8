import { statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { epochSeconds } from '../../domain/instant.js';
import { UNFINISHED } from '../../sessions/session-import.js';
import { whyStateDbStandsStill } from './file/hermes-configuration.js';
import { readLayout, type Layout } from './file/layout.js';
import { countOf, textOf } from './file/values.js';
import { ledgeredSessions } from './file/ledgers.js';
import { whyNotWritable } from './file/writable.js';
import { isDamagedIndex } from './file/sqlite-failure.js';
import { SqliteReader, type SqlValue } from './file/sqlite-reader.js';
import { HAS_ID_SQL } from './index/session-fact.js';
import { readIndexWords } from './search/index-words.js';
import type { FullTextTable } from './search/search-source.js';
import { strayTranscriptFiles } from './write/transcript-files.js';
import { ABANDONED } from './write/unfinished-import.js';

/** One thing to know about a history. */
export interface Finding {
  /** With an `error` the history cannot be served. */
  readonly level: 'ok' | 'info' | 'warning' | 'error';
  readonly text: string;
}

/** Schema versions that this project has been checked against. */
const KNOWN_VERSIONS = { oldest: 6, newest: 31 };

/** Where a history is, and how closely to look at it. */
export interface Examination {
  readonly stateDb: string;
  /** The file of Hermes's CJK tokenizer, if there is one. */
  readonly tokenizer: string | undefined;
  /** Hermes's folder, which contains transcript files in `sessions/`. */
  readonly hermesHome: string;
  /** Whether to check every page, which takes minutes on a large file. */
  readonly deep: boolean;
}

/**
 * Examines a history that can be opened, and reports what will not work on it.
 * @throws {SqliteFailure} if the file is damaged in a place that is read anyway.
 */
export async function examineHistory(examination: Examination): Promise<readonly Finding[]> {
  const db = new Sqlite(examination.stateDb, { readonly: true, fileMustExist: true });
  try {
    const layout = readLayout(db);
    return [
      ...(await examineConfiguration(examination.hermesHome)),
      ...examineFile(examination.stateDb, db),
      ...(await examineRights(examination.stateDb)),
      ...examineVersion(layout),
      ...examineSizes(db),
      ...examineIds(db),
      ...examineImports(db),
      ...examineLedgers(db, layout),
      ...examineSearch(db, layout),
      ...examineTokenizer(layout, examination.tokenizer),
      ...(await examineTranscriptFiles(db, join(examination.hermesHome, 'sessions'))),
      ...(examination.deep ? examinePages(db) : []),
    ];
  } finally {
    db.close();
  }
}

async function examineConfiguration(hermesHome: string): Promise<readonly Finding[]> {
  const reason = await whyStateDbStandsStill(hermesHome);
  return reason === null ? [] : [{ level: 'warning', text: reason }];
}

function examineLedgers(db: Sqlite.Database, layout: Layout): readonly Finding[] {
  const { size } = ledgeredSessions({ reader: new SqliteReader(db), layout });
  if (size === 0) return [];
  return [
    {
      level: 'warning',
      text: `Hermes's gateway keeps a ledger of ${size} of the sessions: Hermes alone deletes these, by its own means. This server refuses to, and leaves them out when it cleans up.`,
    },
  ];
}

/** Most names to list. */
const NAMED = 5;

function firstOf(names: readonly string[]): string {
  return names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ' …' : '');
}

async function examineTranscriptFiles(db: Sqlite.Database, folder: string): Promise<readonly Finding[]> {
  const existing = db
    .prepare<[string], string>('SELECT id FROM sessions WHERE id IN (SELECT value FROM json_each(?))')
    .pluck();
  const strays = await strayTranscriptFiles(folder, (ids) =>
    Promise.resolve(new Set(existing.all(JSON.stringify(ids)))),
  );
  if (strays.length === 0) return [];
  return [
    {
      level: 'warning',
      text: `${strays.length} transcript files in ${folder} belong to no session, left by a deletion that was cut short or by a release that had no state.db: ${firstOf([...strays].sort())}`,
    },
  ];
}

function examinePages(db: Sqlite.Database): readonly Finding[] {
  const problems = db.prepare<[], string>('PRAGMA quick_check(3)').pluck().all();
  return problems.join() === 'ok'
    ? [{ level: 'ok', text: 'Every page of the file is whole.' }]
    : [{ level: 'error', text: `The file is damaged: ${problems.join('; ').replaceAll('\n', ' ')}` }];
}

function value(db: Sqlite.Database, sql: string): SqlValue | undefined {
  return db.prepare<[], SqlValue>(sql).pluck().get();
}

function examineFile(path: string, db: Sqlite.Database): readonly Finding[] {
  const { size, mode } = statSync(path);
  const open = (mode & 0o077) !== 0;
  return [
    {
      level: 'info',
      text: `Size ${(size / 1_048_576).toFixed(1)} MiB, journal mode ${String(value(db, 'PRAGMA journal_mode'))}`,
    },
    open
      ? {
          level: 'warning',
          text: `Others on this machine may read the file (mode ${(mode & 0o777).toString(8)}); Hermes uses 600.`,
        }
      : { level: 'ok', text: 'Only its owner may read the file.' },
  ];
}

async function examineRights(path: string): Promise<readonly Finding[]> {
  const reason = await whyNotWritable(path);
  if (reason === null) return [];
  const text = `Nothing can be changed: renaming, archiving, deleting and importing answer 503 (${reason}). Run this as the user of Hermes, and without a mount that is read-only.`;
  return [{ level: 'warning', text }];
}

function examineVersion(layout: Layout): readonly Finding[] {
  const version = layout.schemaVersion;
  if (version === null)
    return [
      { level: 'warning', text: 'The file names no schema version; columns are looked up one by one.' },
    ];
  const findings: Finding[] = [{ level: 'ok', text: `Schema version ${version}` }];
  if (version > KNOWN_VERSIONS.newest || version < KNOWN_VERSIONS.oldest) {
    findings.push({
      level: 'warning',
      text: `Checked versions are ${KNOWN_VERSIONS.oldest} to ${KNOWN_VERSIONS.newest}; this one is served by the columns it has.`,
    });
  }
  for (const column of ['archived', 'pinned']) {
    if (layout.sessionColumns.has(column)) continue;
    findings.push({
      level: 'warning',
      text: `No column "${column}": PATCH of ${column} answers 409 until Hermes is updated.`,
    });
  }
  return findings;
}

function examineSizes(db: Sqlite.Database): readonly Finding[] {
  const sessions = countOf(value(db, 'SELECT count(*) FROM sessions'));
  const messages = countOf(value(db, 'SELECT count(*) FROM messages'));
  // Counts by session from an index first: looking up the session of each message would hold the file's lock far longer.
  const orphans = countOf(
    value(
      db,
      `SELECT sum(stored) FROM (SELECT session_id, count(*) AS stored FROM messages GROUP BY session_id)
        WHERE session_id NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)`,
    ),
  );
  const findings: Finding[] = [{ level: 'info', text: `${sessions} sessions, ${messages} messages` }];
  if (orphans > 0)
    findings.push({
      level: 'warning',
      text: `${orphans} messages belong to no session and are never shown.`,
    });
  return findings;
}

/** Rows that cannot be addressed: no answer contains them, and they are sent to no database. */
function examineIds(db: Sqlite.Database): readonly Finding[] {
  const rows = new SqliteReader(db).tuples(
    `SELECT CAST(s.rowid AS TEXT) FROM sessions s WHERE NOT ${HAS_ID_SQL} ORDER BY s.rowid`,
  );
  if (rows.length === 0) return [];
  return [
    {
      level: 'warning',
      text: `${rows.length} sessions are not served, since their ids are empty or no UTF-8 text, or their rowids are too large: rowid ${firstOf(rows.map(String))}. All others are.`,
    },
  ];
}

/** Sessions that an interrupted import has left incomplete. They stay in the list of archived sessions until somebody handles them. */
function examineImports(db: Sqlite.Database): readonly Finding[] {
  const ids = db
    .prepare<[string, number], string>(
      'SELECT id FROM sessions WHERE end_reason = ? AND ended_at <= ? ORDER BY id',
    )
    .pluck()
    .all(UNFINISHED, epochSeconds() - ABANDONED);
  if (ids.length === 0) return [];
  return [
    {
      level: 'warning',
      text: `${ids.length} sessions are imported or forked only in part: ${firstOf(ids)}. Import them again, which begins anew, or delete them.`,
    },
  ];
}

/** The full-text indexes, and the consequence of a missing one. */
const INDEXES = [
  { table: 'messages_fts', name: 'Full-text index', without: 'every search reads all messages and is slow' },
  {
    table: 'messages_fts_trigram',
    name: 'Trigram index',
    without: 'searches in Chinese, Japanese, Korean or Thai read all messages',
  },
] as const;

/** Checks an index by reading all of its words, which takes a second for a million messages. */
function examineIndex(
  db: Sqlite.Database,
  layout: Layout,
  { table, name, without }: (typeof INDEXES)[number],
): readonly Finding[] {
  if (!layout.tables.has(table)) return [{ level: 'warning', text: `No ${name.toLowerCase()}: ${without}.` }];
  const triggers = layout.indexTriggers.get(table);
  const missing = (['INSERT', 'UPDATE', 'DELETE'] as const).filter((event) => triggers?.has(event) !== true);
  const rebuild = `Stop Hermes, then: sqlite3 state.db "INSERT INTO ${table}(${table}) VALUES ('rebuild')"`;
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      level: 'warning',
      text: `${name} without a trigger for ${missing.join(', ')}: it falls behind, and what it lacks is searched by reading, or missed. ${rebuild}`,
    });
  }
  if (isDamaged(db, table))
    findings.push({ level: 'warning', text: `${name} is damaged: ${without}. ${rebuild}` });
  return findings.length > 0 ? findings : [{ level: 'ok', text: `${name} found.` }];
}

function isDamaged(db: Sqlite.Database, table: FullTextTable): boolean {
  const reader = new SqliteReader(db);
  try {
    for (let after: string | null = ''; after !== null;)
      after = readIndexWords(reader, table, after, () => false).next;
    return false;
  } catch (error) {
    if (!isDamagedIndex(error)) throw error;
    return true;
  }
}

function examineSearch(db: Sqlite.Database, layout: Layout): readonly Finding[] {
  const findings: Finding[] = INDEXES.flatMap((index) => examineIndex(db, layout, index));
  if (!layout.tables.has('state_meta')) return findings;
  const meta = db
    .prepare<[], { key: string; value: SqlValue }>(
      "SELECT key, value FROM state_meta WHERE key LIKE 'fts\\_%' ESCAPE '\\'",
    )
    .all();
  for (const row of meta) {
    if (row.key === 'fts_stale')
      findings.push({
        level: 'warning',
        text: 'Hermes marked the search index as stale: searches read all messages.',
      });
    if (row.key === 'fts_rebuild_high_water') {
      findings.push({
        level: 'warning',
        text: `The search index is being rebuilt up to message ${textOf(row.value) ?? '?'}: searches may miss messages.`,
      });
    }
  }
  return findings;
}

function examineTokenizer(layout: Layout, tokenizer: string | undefined): readonly Finding[] {
  if (!layout.needsCjkTokenizer) return [];
  return tokenizer === undefined
    ? [
        {
          level: 'warning',
          text: "The file's triggers need Hermes's CJK tokenizer, which was not found: DELETE answers 503. Set HERMES_FTS5_CJK_SO to libfts5_cjk.so.",
        },
      ]
    : [{ level: 'ok', text: `The CJK tokenizer that the file's triggers need is at ${tokenizer}.` }];
}
