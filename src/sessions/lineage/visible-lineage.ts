import { DomainError } from '../../domain/errors.js';
import type { Session } from '../../domain/session.js';
import { isLimited, mayKnow, type SessionAccess } from '../../domain/access.js';
import {
  chainFamily,
  chainFrom,
  chainRoot,
  continuesIfCompressed,
  type LineageNode,
  type LineageSource,
} from './lineage.js';

/** A history as seen with restricted access: sessions that are not visible do not exist. */
class VisibleLineage<N extends LineageNode> implements LineageSource<N> {
  constructor(
    private readonly whole: LineageSource<N>,
    private readonly access: SessionAccess,
  ) {}

  node(id: string): N | undefined {
    const node = this.whole.node(id);
    return node !== undefined && mayKnow(this.access, node) ? node : undefined;
  }

  children(id: string): readonly N[] {
    return this.whole.children(id).filter((child) => mayKnow(this.access, child));
  }
}

/** The sessions that are visible with an access. */
export function visibleTo<N extends LineageNode>(
  access: SessionAccess,
  whole: LineageSource<N>,
): LineageSource<N> {
  return isLimited(access) ? new VisibleLineage(whole, access) : whole;
}

/** The parent of a session, if it is visible. With full access a deleted parent is still named. */
export function visibleParent(
  access: SessionAccess,
  whole: LineageSource,
  parentId: string | null,
): string | null {
  if (parentId === null || !isLimited(access)) return parentId;
  return visibleTo(access, whole).node(parentId) === undefined ? null : parentId;
}

/** A session's chain as shown to the caller: as stored, or derived from the visible sessions only. */
export function visibleChain(
  access: SessionAccess,
  whole: LineageSource,
  id: string,
  { rootId, chainLength }: Pick<Session, 'rootId' | 'chainLength'>,
): Pick<Session, 'rootId' | 'chainLength'> {
  const session = isLimited(access) ? whole.node(id) : undefined;
  if (session === undefined) return { rootId, chainLength };
  const visible = visibleTo(access, whole);
  const root = chainRoot(visible, session);
  return { rootId: root.id, chainLength: chainFrom(visible, root).length };
}

/**
 * Requires that a session is visible, and everything that a change of it affects: its compression chain.
 * @throws {DomainError} `session_not_found`
 */
export function requireVisible(access: SessionAccess, whole: LineageSource, id: string): void {
  const node = whole.node(id);
  if (node === undefined) throw new DomainError('session_not_found');
  if (!isLimited(access)) return;
  const family = [node, ...chainFamily(whole, chainRoot(whole, node))];
  if (family.every((member) => mayKnow(access, member))) return;
  // A caller who can read the session gets a message that explains the refusal.
  throw new DomainError('session_not_found', mayKnow(access, node) ? { message: SHARED } : {});
}

/** Why a caller who may read a session may not change it. */
const SHARED =
  'This session is part of a conversation of others as well, so that this key does not change it.';

/**
 * Requires that ending a session as compressed does not give the caller somebody else's sessions: a continuation without a user belongs
 * to the owner of its parent.
 * @throws {DomainError} `session_not_found`
 */
export function requireOwnHeirs(access: SessionAccess, whole: LineageSource, node: LineageNode): void {
  if (!isLimited(access)) return;
  const heirs = whole.children(node.id).filter((child) => continuesIfCompressed(node, child));
  if (!heirs.every((heir) => mayKnow(access, heir))) throw new DomainError('session_not_found');
}
