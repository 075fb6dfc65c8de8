import { Groups } from './groups.js';
import type { LineageNode } from './lineage.js';

/** The columns of a session that the rule uses. */
export type Delegation = Pick<LineageNode, 'id' | 'parentId' | 'delegateFrom'>;

/** Gives the rule access to sessions that may have worked for another one. */
export interface DelegationSource<N extends Delegation = Delegation> {
  /** All sessions marked as delegates of this one, and all its children; further sessions are ignored. */
  workersFor(id: string): readonly N[];
}

/** Sessions marked as delegates, by the sessions that they may have worked for. */
export class KnownDelegations<N extends Delegation = Delegation> implements DelegationSource<N> {
  readonly #byMarker = new Groups<N>();
  readonly #byParent = new Groups<N>();

  constructor(sessions: Iterable<N> = []) {
    for (const session of sessions) this.add(session);
  }

  add(session: N): void {
    this.#byMarker.add(session.delegateFrom, session);
    this.#byParent.add(session.parentId, session);
  }

  workersFor(id: string): readonly N[] {
    return [...this.#byMarker.of(id), ...this.#byParent.of(id)];
  }
}

/**
 * The sessions that a deletion takes along, by Hermes's own rule: those marked as delegates of a deleted session, its children with any
 * delegate marker, such as a delegate's continuations, and in turn theirs. The `ids` themselves are not included.
 */
export function delegatesOf<N extends Delegation>(
  source: DelegationSource<N>,
  ids: Iterable<string>,
): readonly N[] {
  const owners = new Set(ids);
  const delegates: N[] = [];
  for (const owner of owners) {
    for (const session of source.workersFor(owner)) {
      if (owners.has(session.id) || !worksFor(session, owner)) continue;
      owners.add(session.id);
      delegates.push(session);
    }
  }
  return delegates;
}

/** The marker that Hermes writes if a delegate's owner is gone. It does not refer to a session, even if one has this id. */
export const ORPHANED = '__orphaned__';

function worksFor({ delegateFrom, parentId }: Delegation, owner: string): boolean {
  if (delegateFrom === null) return false;
  return parentId === owner || (delegateFrom === owner && owner !== ORPHANED);
}
