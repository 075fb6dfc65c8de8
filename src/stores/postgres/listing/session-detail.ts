import type { EntityManager } from 'typeorm';
import { toSession, type SessionDetail } from '../../../domain/session.js';
import { ApiError } from '../../../http/errors.js';
import { chainFrom, chainRoot, chainThrough, type LineageNode } from '../../../sessions/lineage/lineage.js';
import { visibleParent, visibleTo } from '../../../sessions/lineage/visible-lineage.js';
import type { HistoryName, SessionAccess } from '../../../sessions/session-access.js';
import { StoredLineage } from '../write/derivation.js';
import { readNeighbourhood } from '../write/neighbourhood.js';

/** A history that has a session, and what it is called. */
export interface SessionPlace {
  readonly historyId: number;
  readonly history: HistoryName;
}

/**
 * One session row with its relatives.
 * @throws {ApiError} `session_not_found`
 */
export async function readDetail(
  manager: EntityManager,
  { historyId, history }: SessionPlace,
  id: string,
  access: SessionAccess,
): Promise<SessionDetail> {
  const whole = await readLineage(manager, historyId, id);
  const lineage = visibleTo(access, whole);
  const session = whole.node(id);
  if (session === undefined || lineage.node(id) === undefined) throw new ApiError('session_not_found');
  const root = chainRoot(lineage, session);
  const { lastActiveAt } = session;
  return {
    ...toSession(session, session, {
      ...history,
      lastActiveAt,
      parentId: visibleParent(access, whole, session.parentId),
      rootId: root.id,
      chainLength: chainFrom(lineage, root).length,
    }),
    childIds: [...lineage.children(id)].sort(oldestFirst).map((child) => child.id),
    tipId: chainFrom(lineage, session).at(-1)?.id ?? id,
  };
}

/**
 * The sessions of the chain that a session is part of, oldest first.
 * @throws {ApiError} `session_not_found`
 */
export async function readChain(
  manager: EntityManager,
  historyId: number,
  id: string,
  access: SessionAccess,
): Promise<readonly string[]> {
  const lineage = visibleTo(access, await readLineage(manager, historyId, id));
  const node = lineage.node(id);
  if (node === undefined) throw new ApiError('session_not_found');
  return chainThrough(lineage, node).map((member) => member.id);
}

async function readLineage(manager: EntityManager, historyId: number, id: string): Promise<StoredLineage> {
  const { sessions } = await readNeighbourhood(manager, historyId, [id]);
  return new StoredLineage(sessions.values());
}

function oldestFirst(a: LineageNode, b: LineageNode): number {
  return (a.startedAt ?? -1) - (b.startedAt ?? -1) || (a.id < b.id ? -1 : 1);
}
