import type { KeptRow } from './kept-session.js';
import { ORPHANED } from './lineage/delegates.js';
import type { NewSession } from './session-creation.js';

/**
 * Why a session has ended of which some messages are still to come. An import may replace such a session without the right to delete one, so
 * that nobody may say so of another.
 */
export const UNFINISHED = 'import_unfinished';

/** A session that was exported elsewhere, with its messages. */
export interface ImportedSession extends NewSession {
  readonly userId: string | null;
  /** The session that it came from, wherever that is now. */
  readonly parentId: string | null;
  /** Epoch seconds. */
  readonly startedAt: number;
  /** What else its row holds, by the names of Hermes's columns. */
  readonly more: KeptRow;
  /** Values of columns that are named here, by Hermes's names, which are no texts or numbers as they should be. */
  readonly odd?: KeptRow;
  readonly messages: readonly KeptRow[];
  /** What its models have used, as Hermes books it beside the session. */
  readonly usage?: readonly KeptRow[];
  /** Messages, as Hermes counts them. */
  readonly messageCount: number;
  /** Calls of tools in all of its messages. */
  readonly toolCalls: number;
}

/** One that was exported while it was imported is as whole as it can be. What is put back stays as it was. */
export function takenForWhole(session: ImportedSession): ImportedSession {
  if (session.more.end_reason !== UNFINISHED) return session;
  return { ...session, more: { ...session.more, end_reason: null } };
}

/** What became of sessions that were to be added. */
export interface ImportOutcome {
  readonly imported: readonly string[];
  /** Those that were there already, and stay as they were. */
  readonly skipped: readonly string[];
  /** Those of them that somebody may know of, and of which only a part is there: another import goes on, or ended half-way a moment ago. */
  readonly unfinished: readonly string[];
  /** How many of the added ones have lost the session that they came from. */
  readonly detached: number;
}

/** The sessions that are there already, as far as parents of imported ones are looked for. */
export interface ImportTarget {
  /** Whether an imported session may hang on this one. */
  readonly mayBeParent: (id: string) => boolean;
  readonly parentOf: (id: string) => string | null;
}

/** New sessions in an order in which each comes behind its parent, and the parents that they keep. */
export interface ImportOrder {
  readonly ids: readonly string[];
  readonly parents: ReadonlyMap<string, string>;
}

/**
 * The configuration of an added session, which stays a delegate's where it is one, but of no session that whoever adds it may not know of: that one's
 * deletion would wait for them, or take the added one along. It is left as it came but for that.
 * @param owner whom the session worked for, as the store reads it. Of a name that stands twice SQLite reads the first one and JSON.parse, as
 *   Python does, the last: where these differ nobody is named.
 * @param mayName whether it may be a delegate of the session with an id.
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
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Which parents new sessions keep: one that is neither there nor comes with them is lost, and so is the one that closes a circle, so that
 * what is left of a damaged lineage stays together.
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

/** Whether the way up from a session leads to another one, or runs in a circle of its own. */
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
