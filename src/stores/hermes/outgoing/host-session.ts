import { createHash } from 'node:crypto';
import type { OpenHistory } from '../file/hermes-connection.js';
import { countOf, flagOf, instantOf, numberOf, requiredText, textOf } from '../file/values.js';
import { HAS_ID_SQL, selectFactsSql, toSessionFact, type SessionFact } from '../index/session-fact.js';
import { SessionDigests, type SessionDigest } from '../index/session-digests.js';
import { sessionColumn } from '../lineage/session-columns.js';
import {
  isActiveSql,
  isDisplayedSql,
  isInTranscriptSql,
  isKeptSql,
  isShownOnceSql,
  messageColumn,
} from '../transcript/transcript-sql.js';
import { searchCoverageOf } from './search-coverage.js';

/** A session row, and what its messages tell, as another store needs to know it. */
export interface HostSession {
  readonly fact: SessionFact;
  readonly digest: SessionDigest;
  /** The session that a delegate worked for, as its marker names it. */
  readonly delegateFrom: string | null;
  /** Another one whenever anything of the row, or the number of its messages, is another. */
  readonly fingerprint: string;
}

/** A session, as its messages are asked for. */
export type SessionKey = Pick<SessionFact, 'id' | 'source'>;

/** Messages of a session: those with these ids; all where none are named. */
export interface WantedMessages {
  readonly session: SessionKey;
  readonly ids?: readonly number[];
}

/** A message row. */
export interface HostMessage {
  readonly id: number;
  readonly role: string;
  readonly content: string | null;
  readonly toolCallId: string | null;
  readonly toolCalls: string | null;
  readonly toolName: string | null;
  readonly reasoning: string | null;
  readonly finishReason: string | null;
  readonly tokenCount: number | null;
  /** Epoch seconds; null where unknown. */
  readonly timestamp: number | null;
  readonly mark: MessageMark;
}

/** What decides about a message without its texts. */
export interface MessageMark {
  readonly id: number;
  /** Bytes of its texts in UTF-8. */
  readonly bytes: number;
  readonly isShown: boolean;
  readonly isDisplayed: boolean;
  readonly isKept: boolean;
  readonly isActive: boolean;
  readonly isInParts: boolean;
  readonly isCut: boolean;
  readonly isContentAlone: boolean;
}

type Moment = Pick<OpenHistory, 'reader' | 'layout'>;

const DELEGATE_FROM_SQL = (config: string): string =>
  `CASE WHEN instr(${config}, '_delegate_from') > 0 AND json_valid(${config}) THEN json_extract(${config}, '$._delegate_from') END`;

/** Ids and fingerprints of the sessions with the \`limit\` rowids behind \`afterRowid\`. */
export function readFingerprints(
  { reader, layout }: Moment,
  afterRowid: number,
  limit: number,
): readonly { readonly id: string; readonly fingerprint: string }[] {
  const rows = reader.all(
    `${selectSql(layout)} WHERE s.rowid > ? AND s.rowid <= ? AND ${HAS_ID_SQL} ORDER BY s.rowid`,
    afterRowid,
    afterRowid + limit,
  );
  return rows.map((row) => ({
    id: requiredText(row, 'id'),
    fingerprint: fingerprintOf(toSessionFact(row), textOf(row.delegate_from)),
  }));
}

/** A session as it is now; undefined where there is none. */
export function readHostSession(moment: Moment, id: string): HostSession | undefined {
  const { reader, layout } = moment;
  const row = reader.get(`${selectSql(layout)} WHERE s.id = ? AND ${HAS_ID_SQL}`, id);
  if (row === undefined) return undefined;
  const fact = toSessionFact(row);
  const delegateFrom = textOf(row.delegate_from);
  // Digests are remembered for one moment, of which there is only one here.
  const digest = new SessionDigests().of({ ...moment, dataVersion: 0 }, id);
  return { fact, delegateFrom, digest, fingerprint: fingerprintOf(fact, delegateFrom) };
}

/** What decides about each message of a session, by their ids. */
export function readMarks(moment: Moment, { id, source }: SessionKey): readonly MessageMark[] {
  const columns = markColumns(moment, source).join(', ');
  return moment.reader
    .all(`SELECT ${columns} FROM messages m WHERE m.session_id = ? ORDER BY m.id`, id)
    .map(toMark);
}

/** Messages of a session: those with these ids, or all. */
export function readMessages(
  moment: Moment,
  { session: { id, source }, ids }: WantedMessages,
): readonly HostMessage[] {
  const { reader, layout } = moment;
  const reasoning = layout.messageColumns.has('reasoning_content')
    ? 'coalesce(m.reasoning, m.reasoning_content)'
    : 'm.reasoning';
  const columns = [
    ...markColumns(moment, source),
    ...['role', 'content', 'tool_call_id', 'tool_calls', 'tool_name', 'timestamp'].map(
      (column) => `m.${column} AS ${column}`,
    ),
    `${reasoning} AS reasoning`,
    `${messageColumn(layout, 'finish_reason')} AS finish_reason`,
    `${messageColumn(layout, 'token_count')} AS token_count`,
  ];
  const select = `SELECT ${columns.join(', ')} FROM messages m WHERE m.session_id = ?`;
  const rows =
    ids === undefined
      ? reader.all(`${select} ORDER BY m.id`, id)
      : reader.all(
          `${select} AND m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id`,
          id,
          JSON.stringify(ids),
        );
  return rows.map((row) => ({
    id: numberOf(row.id) ?? 0,
    role: requiredText(row, 'role'),
    content: textOf(row.content),
    toolCallId: textOf(row.tool_call_id),
    toolCalls: textOf(row.tool_calls),
    toolName: textOf(row.tool_name),
    reasoning: textOf(row.reasoning),
    finishReason: textOf(row.finish_reason),
    tokenCount: numberOf(row.token_count),
    timestamp: instantOf(row.timestamp),
    mark: toMark(row),
  }));
}

/** Who is in the middle of a session, and until when, in epoch seconds; by the ids that the file's leases name. */
export function readLeases({ reader, layout }: Moment, now: number): ReadonlyMap<string, number> {
  const leases = new Map<string, number>();
  for (const [table, column] of [
    ['session_turn_leases', 'conversation_id'],
    ['compression_locks', 'session_id'],
  ] as const) {
    if (!layout.tables.has(table)) continue;
    for (const row of reader.all(
      `SELECT ${column} AS holder, expires_at FROM ${table} WHERE expires_at > ?`,
      now,
    )) {
      const holder = textOf(row.holder) ?? '';
      leases.set(holder, Math.max(leases.get(holder) ?? 0, numberOf(row.expires_at) ?? 0));
    }
  }
  return leases;
}

/** Rowid of the newest session. */
export function newestRowid({ reader }: Pick<Moment, 'reader'>): number {
  return countOf(reader.value('SELECT max(rowid) FROM sessions'));
}

function selectSql(layout: OpenHistory['layout']): string {
  const delegateFrom = DELEGATE_FROM_SQL(sessionColumn(layout, 'model_config'));
  return selectFactsSql(layout).replace(
    ' FROM sessions s',
    `, ${delegateFrom} AS delegate_from FROM sessions s`,
  );
}

function fingerprintOf({ rowid: _rowid, ...fact }: SessionFact, delegateFrom: string | null): string {
  const facts = JSON.stringify([Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1)), delegateFrom]);
  return createHash('sha256').update(facts).digest('base64url').slice(0, 16);
}

function markColumns(moment: Moment, source: string): readonly string[] {
  const { layout } = moment;
  const coverage = searchCoverageOf(moment);
  const isTool = "m.role = 'tool'";
  const leftOut = [
    ...(coverage.partsLeaveOutTools ? [isTool] : []),
    ...(coverage.partsLeaveOut.has(source) ? ['1'] : []),
  ];
  return [
    'm.id AS id',
    `${BYTES_SQL} AS bytes`,
    `(${isInTranscriptSql(layout)} AND ${isShownOnceSql(layout)}) AS is_shown`,
    `(${isDisplayedSql(layout)}) AS is_displayed`,
    `(${isKeptSql(layout)}) AS is_kept`,
    `(${isActiveSql(layout)}) AS is_active`,
    `NOT (${leftOut.length === 0 ? '0' : leftOut.join(' OR ')}) AS is_in_parts`,
    `(${coverage.cutsTools ? isTool : '0'}) AS is_cut`,
    `${coverage.contentAlone ? 1 : 0} AS is_content_alone`,
  ];
}

/** The length of a value stands at the beginning of its row, so that this reads no content. */
const BYTES_SQL = ['content', 'tool_calls', 'reasoning']
  .map((column) => `coalesce(octet_length(m.${column}), 0)`)
  .join(' + ');

function toMark(row: Parameters<typeof toSessionFact>[0]): MessageMark {
  return {
    id: numberOf(row.id) ?? 0,
    bytes: countOf(row.bytes),
    isShown: flagOf(row.is_shown),
    isDisplayed: flagOf(row.is_displayed),
    isKept: flagOf(row.is_kept),
    isActive: flagOf(row.is_active),
    isInParts: flagOf(row.is_in_parts),
    isCut: flagOf(row.is_cut),
    isContentAlone: flagOf(row.is_content_alone),
  };
}
