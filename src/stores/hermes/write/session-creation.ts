import { createHash } from 'node:crypto';
import { DomainError } from '../../../domain/errors.js';
import { isLimited, mayKnow, type SessionAccess } from '../../../domain/access.js';
import {
  baseTitle,
  nextTitle,
  ownerWithin,
  type NewFork,
  type NewSession,
} from '../../../sessions/session-creation.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import { delegatesOf } from '../../../sessions/lineage/delegates.js';
import { requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { Layout } from '../file/layout.js';
import type { SqliteReader, SqlValue } from '../file/sqlite-reader.js';
import { quotedName } from '../file/stored-rows.js';
import { requiredText, textOf } from '../file/values.js';
import { beginningWith } from '../../read-model/sql-piece.js';
import { readDelegations } from '../lineage/live-delegations.js';
import { isActiveSql } from '../transcript/transcript-sql.js';
import { endSession } from './session-writes.js';
import { storable } from './storable.js';
import { addingMessages } from './trigram-balance.js';
import { beingAdded } from './unfinished-import.js';

/** How sessions are created. */
export interface CreationRules {
  /** Who will own them. */
  readonly access: SessionAccess;
  /** Epoch seconds. */
  readonly now: number;
}

/**
 * Adds a session without messages, inside a transaction.
 * @throws {DomainError} `session_exists`, `title_in_use`
 */
export function createSession(
  history: OpenHistory,
  session: NewSession,
  { access, now }: CreationRules,
): void {
  const { id, source, title, model, systemPrompt, modelConfig } = session;
  requireFree(history.reader, id);
  heirGuard(history, access)(id);
  requireUntaken(history.reader, title);
  insertSession(history, {
    id,
    source,
    title,
    model,
    model_config: modelConfig,
    user_id: ownerWithin(access),
    started_at: now,
    title_source: title === null ? null : 'user',
    ...promptColumns(history, systemPrompt),
  });
}

/**
 * Adds a session that continues another one, with the messages that its model reads; the other one ends.
 * @throws {DomainError} as {@link createSession}; `session_not_found`, `session_busy`, `tokenizer_unavailable`
 */
export function forkSession(
  history: OpenHistory,
  id: string,
  fork: NewFork,
  { access, now }: CreationRules,
): void {
  const { reader } = history;
  const origin = originOf(history, id, access);
  requireForkable(history, fork.id, access);
  const row = forkedRow(reader, origin, { origin: id, fork, access }, now);
  endSession(reader, id, 'branched', now);
  insertSession(history, row);
  addingMessages(history, () => {
    copyMessages(history, id, fork.id);
  });
}

/** What a fork copies from the row of the session that it continues. */
type Origin = Readonly<Record<string, SqlValue>>;

/** @throws {DomainError} `session_not_found`, `tokenizer_unavailable`; `session_busy` if the session is only partly added */
export function originOf(
  { reader, layout, lineage, canFireTriggers }: OpenHistory,
  id: string,
  access: SessionAccess,
): Origin {
  requireVisible(access, lineage.now(), id);
  const origin = reader.get(
    `SELECT title, model, ${PROMPT_COLUMNS.filter((column) => layout.sessionColumns.has(column)).join(', ')} FROM sessions WHERE id = ?`,
    id,
  );
  if (origin === undefined) throw new DomainError('session_not_found');
  if (reader.value('SELECT end_reason FROM sessions WHERE id = ?', id) === UNFINISHED)
    throw beingAdded('Add it again first.');
  if (!canFireTriggers) throw new DomainError('tokenizer_unavailable');
  return origin;
}

/** @throws {DomainError} `session_exists` */
export function requireForkable(history: OpenHistory, id: string, access: SessionAccess): void {
  requireFree(history.reader, id);
  heirGuard(history, access)(id);
}

/**
 * The row of a fork.
 * @param now epoch seconds.
 * @throws {DomainError} `title_in_use`
 */
export function forkedRow(
  reader: SqliteReader,
  { title: originTitle, ...kept }: Origin,
  { origin, fork, access }: ForkOrder,
  now: number,
): Readonly<Record<string, SqlValue>> {
  const title = fork.title === undefined ? titleOfFork(reader, textOf(originTitle)) : fork.title;
  requireUntaken(reader, title);
  return {
    ...kept,
    id: fork.id,
    source: fork.source,
    title,
    user_id: ownerWithin(access),
    parent_session_id: origin,
    model_config: forkMarker(origin),
    started_at: now,
    title_source: title === null ? null : 'user',
  };
}

/**
 * The `model_config` that marks a fork as a branch, as Hermes marks those of `/branch`. Hermes's API server relies on the end of the original session
 * instead. Resuming the original clears that end: the fork then leaves the lists, and a compression of the original takes it for the continuation.
 */
function forkMarker(origin: string): string {
  return JSON.stringify({ _branched_from: origin });
}

/** Which session continues which one, and for whom. */
export interface ForkOrder {
  readonly origin: string;
  readonly fork: NewFork;
  readonly access: SessionAccess;
}

const PROMPT_COLUMNS = ['system_prompt', 'system_prompt_hash'] as const;

/** @throws {DomainError} `session_exists` */
export function requireFree(reader: SqliteReader, id: string): void {
  if (reader.get('SELECT 1 FROM sessions WHERE id = ?', id) === undefined) return;
  throw new DomainError('session_exists', { message: `Session already exists: ${id}` });
}

/**
 * Returns a check, valid within one transaction, of whether an id may be used for a new session. Whoever creates a session with the id of a missing
 * one takes over its orphans: children that name it as their parent, and messages that an agent wrote under the id. They could also delete delegates
 * that worked for it, since these are deleted with it.
 * @param isBrought whether a session is part of the same import, and so nobody else's.
 * @returns a function that throws {@link DomainError} `session_exists` if the id has orphans or delegates that may belong to others.
 */
export function heirGuard(
  { reader, lineage: live }: OpenHistory,
  access: SessionAccess,
  isBrought: (id: string) => boolean = () => false,
): (id: string) => void {
  if (!isLimited(access)) return () => undefined;
  const isOwner = ownerWithin(access) !== null;
  const isParent = 'SELECT 1 FROM sessions WHERE parent_session_id = ?';
  const hasMessages = 'SELECT 1 FROM messages WHERE session_id = ? LIMIT 1';
  const delegations = readDelegations(reader);
  return (id) => {
    const lineage = live.now();
    const isOthers = (delegate: string): boolean => {
      const node = lineage.node(delegate);
      return node !== undefined && !isBrought(delegate) && !mayKnow(access, node);
    };
    const isHeired =
      reader.get(hasMessages, id) !== undefined || (isOwner && reader.get(isParent, id) !== undefined);
    if (!isHeired && !delegatesOf(delegations, [id]).some((delegate) => isOthers(delegate.id))) return;
    throw new DomainError('session_exists', { message: `Session already exists: ${id}` });
  };
}

/** @throws {DomainError} `title_in_use` */
export function requireUntaken(reader: SqliteReader, title: string | null): void {
  if (title === null || reader.get('SELECT 1 FROM sessions WHERE title = ?', title) === undefined) return;
  throw new DomainError('title_in_use', { param: 'title' });
}

function titleOfFork(reader: SqliteReader, title: string | null): string {
  const base = baseTitle(title ?? 'fork');
  const sql = "SELECT title FROM sessions WHERE title = ? OR title LIKE ? ESCAPE '\\'";
  const taken = reader.all(sql, base, beginningWith(`${base} #`)).map((row) => requiredText(row, 'title'));
  // A title that was shortened is not among these.
  return nextTitle(base, title === null ? taken : [...taken, title]);
}

/** Newer versions store each prompt once, by its hash. */
export function promptColumns(
  { reader, layout }: OpenHistory,
  prompt: string | null,
): Readonly<Record<string, SqlValue>> {
  if (prompt === null) return {};
  const text = storable(prompt);
  if (!layout.tables.has('system_prompts') || !layout.sessionColumns.has('system_prompt_hash'))
    return { system_prompt: text };
  const hash = createHash('sha256').update(text).digest('hex');
  reader.run('INSERT OR IGNORE INTO system_prompts (hash, prompt) VALUES (?, ?)', hash, text);
  return { system_prompt_hash: hash };
}

/** Inserts the columns that this version has. */
export function insertSession(
  { reader, layout }: OpenHistory,
  row: Readonly<Record<string, SqlValue>>,
): void {
  const columns = Object.keys(row).filter((column) => layout.sessionColumns.has(column));
  reader.run(
    `INSERT INTO sessions (${columns.map(quotedName).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    ...columns.map((column) => storable(row[column] ?? null)),
  );
}

/** Columns that make up a message, and ids that Hermes keeps in every copy. Other columns of newer versions tell copies apart. */
const MESSAGE_COLUMNS: readonly string[] = [
  'role',
  'content',
  'tool_call_id',
  'tool_calls',
  'tool_name',
  'effect_disposition',
  'timestamp',
  'token_count',
  'finish_reason',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'codex_reasoning_items',
  'codex_message_items',
  'platform_message_id',
  'observed',
  'api_content',
  'display_kind',
  'display_metadata',
  '_compressed_summary',
  'message_uid',
  'absorbed_message_uids',
  'tool_call_uids',
  'tool_call_uid',
];

/** The {@link MESSAGE_COLUMNS} that this version has. */
export function copiedColumns(layout: Layout): readonly string[] {
  return MESSAGE_COLUMNS.filter((column) => layout.messageColumns.has(column));
}

/** Copies the active messages. */
function copyMessages({ reader, layout }: OpenHistory, from: string, to: string): void {
  const columns = copiedColumns(layout);
  reader.run(
    `INSERT INTO messages (session_id, ${columns.join(', ')})
      SELECT ?, ${columns.map((column) => `m.${column}`).join(', ')} FROM messages m
        WHERE m.session_id = ? AND ${isActiveSql(layout)} ORDER BY m.id`,
    to,
    from,
  );
  countMessages(reader, to);
}

/** Updates the message counts in a session's row as Hermes does. */
export function countMessages(reader: SqliteReader, id: string): void {
  reader.run(
    `UPDATE sessions SET message_count = (SELECT count(*) FROM messages WHERE session_id = sessions.id),
        tool_call_count = (SELECT coalesce(sum(${CALLS_SQL}), 0) FROM messages WHERE session_id = sessions.id)
      WHERE id = ?`,
    id,
  );
}

/** How many tools a message calls: the elements of a list; any other value counts as one. */
const CALLS_SQL = `CASE WHEN coalesce(tool_calls, '') = '' THEN 0 WHEN NOT json_valid(tool_calls) THEN 1
  WHEN json_type(tool_calls) = 'array' THEN json_array_length(tool_calls) ELSE 1 END`;
