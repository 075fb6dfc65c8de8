import { isRecord, parsedJson } from '../text/json.js';
import type { KeptRow } from './trash/kept-session.js';
import { ORPHANED } from './lineage/delegates.js';
import type { NewSession } from './session-creation.js';

/**
 * End reason of a session whose messages are still being imported. An import may replace such a session without the right to delete, so
 * it must not be set for other sessions.
 */
export const UNFINISHED = 'import_unfinished';

/** A session exported elsewhere, with its messages. */
export interface ImportedSession extends NewSession {
  readonly userId: string | null;
  /** The parent session, wherever it is now. */
  readonly parentId: string | null;
  /** Epoch seconds. */
  readonly startedAt: number;
  /** Further columns of its row, by Hermes's names. */
  readonly more: KeptRow;
  /** Values of columns with their own property here, by Hermes's names, that do not have the expected type. */
  readonly odd?: KeptRow;
  readonly messages: readonly KeptRow[];
  /** The usage of its models, which Hermes stores beside the session. */
  readonly usage?: readonly KeptRow[];
  /** Number of messages, as counted by Hermes. */
  readonly messageCount: number;
  /** Number of tool calls in all its messages. */
  readonly toolCalls: number;
}

/** A session that was exported during its own import counts as complete. Not used for restores, which keep sessions as they were. */
export function takenForWhole(session: ImportedSession): ImportedSession {
  if (session.more.end_reason !== UNFINISHED) return session;
  return { ...session, more: { ...session.more, end_reason: null } };
}

/** The outcome of an import. */
export interface ImportOutcome {
  readonly imported: readonly string[];
  /** Sessions that existed already, and are unchanged. */
  readonly skipped: readonly string[];
  /** The visible ones of the skipped sessions that are incomplete: another import is in progress, or was interrupted. */
  readonly unfinished: readonly string[];
  /** How many imported sessions have lost their parent. */
  readonly detached: number;
}

/** The existing sessions, as far as they may be parents of imported ones. */
export interface ImportTarget {
  /** Whether an imported session may have this one as its parent. */
  readonly mayBeParent: (id: string) => boolean;
  readonly parentOf: (id: string) => string | null;
}

/** New sessions in an order that puts parents first, and the parents that they keep. */
export interface ImportOrder {
  readonly ids: readonly string[];
  readonly parents: ReadonlyMap<string, string>;
}

/**
 * The model configuration of an imported session. If it marks a delegate, it stays one, but not of a session that the importer cannot
 * see: deleting that session would depend on the importer, or delete the imported one. Otherwise it is unchanged.
 * @param owner the delegate's owner, as the store reads it. For a duplicate key SQLite reads the first value, but JSON.parse and Python
 *   the last; if they differ, no owner is named.
 * @param mayName whether the session may be a delegate of the session with this id.
 */
export function withoutUnknownOwner(
  modelConfig: string | null,
  owner: string | null,
  mayName: (id: string) => boolean,
): string | null {
  const config = objectIn(modelConfig);
  const parsed = config?._delegate_from ?? null;
  if (config === undefined || (owner === null && parsed === null)) return modelConfig;
  if (owner !== null && owner === parsed && (owner === ORPHANED || mayName(owner))) return modelConfig;
  return JSON.stringify({ ...config, _delegate_from: ORPHANED });
}

function objectIn(json: string | null): Readonly<Record<string, unknown>> | undefined {
  if (json === null) return undefined;
  const value = parsedJson(json);
  return isRecord(value) ? value : undefined;
}

/**
 * Determines which parents new sessions keep. A parent that neither exists nor is imported is dropped, and so is one that closes a cycle,
 * so that the rest of a damaged lineage stays connected.
 */
export function importOrder(
  sessions: readonly Pick<ImportedSession, 'id' | 'parentId'>[],
  target: ImportTarget,
): ImportOrder {
  const ids = new Set(sessions.map(({ id }) => id));
  const parents = new Map<string, string>();
  for (const { id, parentId } of sessions) if (parentId !== null) parents.set(id, parentId);
  const next = (id: string): string | null => parents.get(id) ?? (ids.has(id) ? null : target.parentOf(id));
  for (const [id, parent] of [...parents]) {
    const isThere = ids.has(parent) || target.mayBeParent(parent);
    if (!isThere || reaches(parent, id, next)) parents.delete(id);
  }
  return { ids: parentsFirst([...ids], parents), parents };
}

/** Whether the ancestors of a session include another session, or form a cycle. */
function reaches(from: string, id: string, next: (id: string) => string | null): boolean {
  const seen = new Set([id]);
  for (let at: string | null = from; at !== null; at = next(at)) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
}

function parentsFirst(ids: readonly string[], parents: ReadonlyMap<string, string>): readonly string[] {
  const wanted = new Set(ids);
  const ordered = new Set<string>();
  for (const id of ids) {
    const way: string[] = [];
    for (
      let at: string | undefined = id;
      at !== undefined && wanted.has(at) && !ordered.has(at);
      at = parents.get(at)
    )
      way.push(at);
    for (const member of way.reverse()) ordered.add(member);
  }
  return [...ordered];
}
