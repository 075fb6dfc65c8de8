import type { Database, Statement } from 'better-sqlite3';
import { DomainError } from '../../../domain/errors.js';
import type { LineageSource } from '../../../sessions/lineage/lineage.js';
import { mayKnow, type SessionAccess } from '../../../sessions/session-access.js';
import type { ChangedSome } from '../../../sessions/session-bulk.js';
import {
  importOrder,
  type ImportedSession,
  type ImportOrder,
  type ImportOutcome,
  type ImportTarget,
} from '../../../sessions/session-import.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { textOf } from '../file/values.js';
import { LiveLineage } from '../lineage/live-lineage.js';
import {
  insertSession,
  MESSAGE_COLUMNS,
  promptColumns,
  requireFree,
  requireNoHeirs,
  requireUntaken,
} from './session-creation.js';
import { storable } from './storable.js';

/** What is to be added to a history, as it was when that was looked at. */
export interface PlannedImport extends ImportOrder {
  readonly sessions: ReadonlyMap<string, ImportedSession>;
}

/**
 * Looks at what of some sessions is not there yet.
 * @throws {DomainError} `title_in_use` where one cannot have its title, which an index of Hermes's keeps from being there twice.
 */
export function planImport(
  { reader, layout }: OpenHistory,
  sessions: readonly ImportedSession[],
  access: SessionAccess,
): PlannedImport {
  const lineage = LiveLineage.of(reader.db, layout);
  const target = targetIn(lineage, access);
  const added = sessions.filter(({ id }) => lineage.node(id) === undefined);
  const holders = new Map<string, string>();
  for (const { id, title } of added) {
    if (title === null) continue;
    const stored = textOf(reader.value('SELECT id FROM sessions WHERE title = ?', title));
    if (stored !== null) throw titleTaken(title, target.mayBeParent(stored) ? stored : undefined);
    const other = holders.get(title);
    if (other !== undefined) throw titleTaken(title, other);
    holders.set(title, id);
  }
  return {
    ...importOrder(added, target),
    sessions: new Map(added.map((session) => [session.id, session])),
  };
}

/** @param holder where whoever asks may know of it. */
function titleTaken(title: string, holder: string | undefined): DomainError {
  const who = holder === undefined ? 'another session' : `session ${holder}`;
  return new DomainError('title_in_use', {
    param: 'title',
    message: `Title '${title}' is already in use by ${who}`,
  });
}

function targetIn(lineage: LineageSource, access: SessionAccess): ImportTarget {
  return {
    mayBeParent: (id) => {
      const node = lineage.node(id);
      return node !== undefined && mayKnow(access, node);
    },
    parentOf: (id) => lineage.node(id)?.parentId ?? null,
  };
}

/**
 * Adds one session after the other inside a transaction; parents come before what hangs on them.
 * @throws {DomainError} `tokenizer_unavailable`; for each of them `session_exists`, `title_in_use`
 */
export function importer(
  db: Database,
  { layout, canFireTriggers }: OpenHistory,
  { sessions, parents }: PlannedImport,
  access: SessionAccess,
): (id: string) => void {
  if (!canFireTriggers) throw new DomainError('tokenizer_unavailable');
  const target = targetIn(LiveLineage.of(db, layout), access);
  const columns = MESSAGE_COLUMNS.filter((column) => layout.messageColumns.has(column));
  const insertMessage: Statement = db.prepare(
    `INSERT INTO messages (session_id, ${columns.join(', ')}) VALUES (?, ${columns.map(() => '?').join(', ')})`,
  );
  return (id) => {
    const session = sessions.get(id);
    if (session === undefined) return;
    const { title, source, model, modelConfig, userId, startedAt, systemPrompt, messages } = session;
    requireFree(db, id);
    requireNoHeirs(db, id, access);
    requireUntaken(db, title);
    // An agent may have deleted it since the plan was made.
    const parent = parents.get(id);
    insertSession(db, layout, {
      ...session.more,
      ...{ id, source, title, model, model_config: modelConfig, user_id: userId, started_at: startedAt },
      parent_session_id: parent !== undefined && target.mayBeParent(parent) ? parent : null,
      message_count: messages.length,
      tool_call_count: session.toolCalls,
      ...promptColumns(db, layout, systemPrompt),
    });
    for (const message of messages)
      insertMessage.run(id, ...columns.map((column) => storable(message[column] ?? null)));
  };
}

/**
 * What became of all of them.
 * @throws what ended it half-way: what was added until then is skipped when the same is asked for again.
 */
export function importOutcome(
  sessions: readonly ImportedSession[],
  { parents }: PlannedImport,
  { outcomes, failure }: ChangedSome,
): ImportOutcome {
  if (failure !== undefined) throw failure;
  const refusal = outcomes.find((outcome) => outcome.kind === 'refused' && !isThere(outcome.reason));
  if (refusal?.kind === 'refused') throw refusal.reason;
  const imported = new Set(outcomes.filter(({ kind }) => kind === 'changed').map(({ id }) => id));
  const detached = sessions.filter(
    ({ id, parentId }) => imported.has(id) && parentId !== null && !parents.has(id),
  );
  return {
    imported: sessions.map(({ id }) => id).filter((id) => imported.has(id)),
    skipped: sessions.map(({ id }) => id).filter((id) => !imported.has(id)),
    detached: detached.length,
  };
}

/** Whether it is because an agent has begun a session with the same id in the meantime. */
function isThere(reason: unknown): boolean {
  return reason instanceof DomainError && reason.code === 'session_exists';
}
