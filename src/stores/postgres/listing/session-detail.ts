import type { EntityManager } from 'typeorm';
import { toSession, type SessionDetail } from '../../../domain/session.js';
import { DomainError } from '../../../domain/errors.js';
import {
  chainThrough,
  childIds,
  placeInChain,
  placesInChain,
  type ChainPlace,
  type LineageSource,
} from '../../../sessions/lineage/lineage.js';
import { visibleParent, visibleTo } from '../../../sessions/lineage/visible-lineage.js';
import type { HistoryName, SessionAccess } from '../../../domain/access.js';
import { StoredLineage, type StoredSession } from '../write/derivation.js';
import { readNeighbourhood } from '../write/neighbourhood.js';

/** The history of a session, and its name. */
export interface SessionPlace {
  readonly historyId: number;
  readonly history: HistoryName;
}

/**
 * One session row with its relatives.
 * @throws {DomainError} `session_not_found`
 */
export async function readDetail(
  manager: EntityManager,
  { historyId, history }: SessionPlace,
  id: string,
  access: SessionAccess,
): Promise<SessionDetail> {
  const lineage = await readLineage(manager, historyId, id, access);
  return toDetail(placeInChain(lineage.visible, lineage.node), lineage, { history, access });
}

/**
 * The sessions of a session's chain with their relatives, oldest first.
 * @throws {DomainError} `session_not_found`
 */
export async function readDetailedChain(
  manager: EntityManager,
  { historyId, history }: SessionPlace,
  id: string,
  access: SessionAccess,
): Promise<readonly SessionDetail[]> {
  // Each member has other relatives, so the lineage around the whole chain is read.
  const ids = await readChain(manager, historyId, id, access);
  const lineage = await readLineage(manager, historyId, id, access, ids);
  return placesInChain(lineage.visible, lineage.node).map((place) =>
    toDetail(place, lineage, { history, access }),
  );
}

/**
 * The ids of the sessions of a session's chain, oldest first.
 * @throws {DomainError} `session_not_found`
 */
export async function readChain(
  manager: EntityManager,
  historyId: number,
  id: string,
  access: SessionAccess,
): Promise<readonly string[]> {
  const { visible, node } = await readLineage(manager, historyId, id, access);
  return chainThrough(visible, node).map((member) => member.id);
}

/** A session among all its relatives, and among those that the caller may see. */
interface SessionLineage {
  readonly whole: LineageSource<StoredSession>;
  readonly visible: LineageSource<StoredSession>;
  readonly node: StoredSession;
}

async function readLineage(
  manager: EntityManager,
  historyId: number,
  id: string,
  access: SessionAccess,
  around: readonly string[] = [id],
): Promise<SessionLineage> {
  const { sessions } = await readNeighbourhood(manager, historyId, around);
  const whole = new StoredLineage(sessions.values());
  const visible = visibleTo(access, whole);
  const node = visible.node(id);
  if (node === undefined) throw new DomainError('session_not_found');
  return { whole, visible, node };
}

function toDetail(
  { node, root, tip, length }: ChainPlace<StoredSession>,
  { whole, visible }: SessionLineage,
  { history, access }: { readonly history: HistoryName; readonly access: SessionAccess },
): SessionDetail {
  return {
    ...toSession(node, node, {
      ...history,
      lastActiveAt: node.lastActiveAt,
      parentId: visibleParent(access, whole, node.parentId),
      rootId: root.id,
      chainLength: length,
    }),
    childIds: childIds(visible, node.id),
    tipId: tip.id,
  };
}
