import { DomainError } from '../../domain/errors.js';
import type { Session } from '../../domain/session.js';
import { isLimited, mayKnow, type SessionAccess } from '../session-access.js';
import {
  chainFamily,
  chainFrom,
  chainRoot,
  continuesIfCompressed,
  type LineageNode,
  type LineageSource,
} from './lineage.js';

/** A history as somebody sees it who may not know of all its sessions: the others do not exist. */
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

/** The sessions that an access allows to know of. */
export function visibleTo<N extends LineageNode>(
  access: SessionAccess,
  whole: LineageSource<N>,
): LineageSource<N> {
  return isLimited(access) ? new VisibleLineage(whole, access) : whole;
}

/** Where a session came from, as far as somebody may know; a parent that was deleted is still named to who may know of all. */
export function visibleParent(
  access: SessionAccess,
  whole: LineageSource,
  parentId: string | null,
): string | null {
  if (parentId === null || !isLimited(access)) return parentId;
  return visibleTo(access, whole).node(parentId) === undefined ? null : parentId;
}

/** What is told of a session's chain: all of it, which is known, or as much as somebody may know. */
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
 * Makes sure that somebody may know of a session and of all that a change to it touches: its compression chain.
 * @throws {DomainError} `session_not_found`
 */
export function requireVisible(access: SessionAccess, whole: LineageSource, id: string): void {
  const node = whole.node(id);
  if (node === undefined) throw new DomainError('session_not_found');
  if (!isLimited(access)) return;
  const family = [node, ...chainFamily(whole, chainRoot(whole, node))];
  if (family.every((member) => mayKnow(access, member))) return;
  // Whoever has just read it is not told that there is none.
  throw new DomainError('session_not_found', mayKnow(access, node) ? { message: SHARED } : {});
}

/** Why a session is not changed by somebody who may read it. */
const SHARED =
  'This session is part of a conversation of others as well, so that this key does not change it.';

/**
 * Makes sure that ending a session as compressed makes nothing somebody's that was not: what a session came from decides whose it is
 * where it names nobody.
 * @throws {DomainError} `session_not_found`
 */
export function requireOwnHeirs(access: SessionAccess, whole: LineageSource, node: LineageNode): void {
  if (!isLimited(access)) return;
  const heirs = whole.children(node.id).filter((child) => continuesIfCompressed(node, child));
  if (!heirs.every((heir) => mayKnow(access, heir))) throw new DomainError('session_not_found');
}
