import { DomainError } from '../../../domain/errors.js';
import type { KeptRow } from '../../../sessions/trash/kept-session.js';
import type { LineageSource } from '../../../sessions/lineage/lineage.js';
import { isLimited, mayKnow, type SessionAccess } from '../../../domain/access.js';
import type { BulkOutcome } from '../../../sessions/bulk/session-bulk.js';
import {
  importOrder,
  withoutUnknownOwner,
  type ImportedSession,
  type ImportOrder,
  type ImportOutcome,
  type ImportTarget,
} from '../../../sessions/session-import.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { quotedName } from '../file/stored-rows.js';
import { countOf, textOf } from '../file/values.js';
import { markersIn } from '../lineage/markers.js';
import {
  countMessages,
  heirGuard,
  insertSession,
  promptColumns,
  requireFree,
  requireUntaken,
} from './session-creation.js';
import { insertUsage } from './model-usage.js';
import { storable } from './storable.js';
import { addingMessages } from './trigram-balance.js';
import { isAbandoned, type TakingOut } from './unfinished-import.js';

/** What is to be added to a history, as planned from one snapshot of it. */
export interface PlannedImport extends ImportOrder {
  readonly sessions: ReadonlyMap<string, ImportedSession>;
  /** Sessions that an interrupted import has partly added. */
  readonly unfinished: ReadonlySet<string>;
  /** Sessions that this import has added so far. Others may refer to these, whoever may know of them. */
  readonly added: Set<string>;
}

/** References of an added session to other sessions. */
interface ImportedBonds {
  readonly parentId: string | null;
  /** Names the session that a delegate worked for. */
  readonly modelConfig: string | null;
}

/** Determines the references of an added session inside a transaction. */
export type BondsOf = (history: OpenHistory, session: ImportedSession) => ImportedBonds;

/**
 * Determines which sessions are not there yet.
 * @throws {DomainError} `title_in_use` if a title is taken, since Hermes has a unique index on titles.
 */
export function planImport(
  history: OpenHistory,
  sessions: readonly ImportedSession[],
  way: TakingOut,
): PlannedImport {
  const { reader } = history;
  const lineage = history.lineage.now();
  const target = targetIn(lineage, way.access);
  const there = sessions.filter(({ id }) => lineage.node(id) !== undefined).map(({ id }) => id);
  const unfinished = new Set(there.filter((id) => isAbandoned(history, id, way)));
  const added = sessions.filter(({ id }) => lineage.node(id) === undefined || unfinished.has(id));
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
    unfinished,
    added: new Set(),
  };
}

/** @param holder the session with the title, if the caller may know of it. */
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

/** The references between sessions that a plan keeps. An agent may have deleted or created a session since the plan was made. */
export function plannedBonds({ parents, sessions, added }: PlannedImport, access: SessionAccess): BondsOf {
  return ({ reader, lineage: live }, { id, modelConfig }) => {
    const lineage = live.now();
    const { mayBeParent } = targetIn(lineage, access);
    // Sessions of this import are not checked for their owner: a delegate names no user, and belongs to the owner of the session it worked for.
    const isThere = (other: string): boolean =>
      added.has(other) ? lineage.node(other) !== undefined : mayBeParent(other);
    const isToCome = (other: string): boolean => sessions.has(other) && lineage.node(other) === undefined;
    const parent = parents.get(id);
    return {
      parentId: parent !== undefined && isThere(parent) ? parent : null,
      modelConfig: isLimited(access)
        ? withoutUnknownOwner(
            modelConfig,
            markersIn(reader, modelConfig).delegateFrom,
            (other) => isToCome(other) || isThere(other),
          )
        : modelConfig,
    };
  };
}

/**
 * Adds one session after the other inside a transaction; parents must come before their children.
 * @throws {DomainError} `tokenizer_unavailable`; for each session `session_exists`, `title_in_use`
 */
export function importer(
  history: OpenHistory,
  planned: PlannedImport,
  access: SessionAccess,
): (id: string) => void {
  if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
  const bondsOf = plannedBonds(planned, access);
  const requireNoHeirs = heirGuard(history, access, (id) => planned.sessions.has(id));
  return (id) => {
    const session = planned.sessions.get(id);
    if (session === undefined) return;
    requireFree(history.reader, id);
    requireNoHeirs(id);
    requireUntaken(history.reader, session.title);
    const { parentId, modelConfig } = bondsOf(history, session);
    insertImported(history, { ...session, modelConfig }, { parent_session_id: parentId });
    const insertMessage = messageInserter(history, session);
    addingMessages(history, () => {
      for (const message of session.messages) insertMessage(message);
    });
    countOthers(history, session);
    planned.added.add(id);
  };
}

/** Includes in the counts what an agent wrote under the id of an imported session, before or meanwhile: it is part of the transcript. */
export function countOthers({ reader }: OpenHistory, { id, messages }: ImportedSession): void {
  const stored = countOf(reader.value('SELECT count(*) FROM messages WHERE session_id = ?', id));
  if (stored > messages.length) countMessages(reader, id);
}

/** Adds the row of a session. @param other columns that differ from what was sent. */
export function insertImported(
  history: OpenHistory,
  {
    id,
    source,
    title,
    model,
    modelConfig,
    userId,
    startedAt,
    systemPrompt,
    messageCount,
    ...session
  }: ImportedSession,
  other: KeptRow,
): void {
  insertSession(history, {
    ...session.more,
    id,
    source,
    title,
    model,
    model_config: modelConfig,
    user_id: userId,
    started_at: startedAt,
    message_count: messageCount,
    tool_call_count: session.toolCalls,
    ...promptColumns(history, systemPrompt),
    ...session.odd,
    ...other,
  });
  insertUsage(history, id, session.usage ?? []);
}

/**
 * Adds messages of a session one after the other inside a transaction. Writes only columns that the message names and this version has: the others
 * get Hermes's defaults, not all of which are NULL.
 */
export function messageInserter(
  { reader, layout }: OpenHistory,
  { id }: ImportedSession,
): (message: KeptRow) => void {
  return (message) => {
    const columns = Object.keys(message).filter((column) => layout.messageColumns.has(column));
    reader.run(
      `INSERT INTO messages (session_id, ${columns.map(quotedName).join(', ')}) VALUES (?${', ?'.repeat(columns.length)})`,
      id,
      ...columns.map((column) => storable(message[column] ?? null)),
    );
  };
}

/** The outcome of the whole import. @throws the reason for which a session was refused. */
export function importOutcome(
  sessions: readonly ImportedSession[],
  { parents }: PlannedImport,
  outcomes: readonly BulkOutcome[],
): Omit<ImportOutcome, 'unfinished'> {
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

/** Whether an agent has begun a session with the same id meanwhile. */
function isThere(reason: unknown): boolean {
  return reason instanceof DomainError && reason.code === 'session_exists';
}
