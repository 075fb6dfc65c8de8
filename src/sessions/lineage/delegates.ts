import { Groups } from './groups.js';
import type { LineageNode } from './lineage.js';

/** What the rule looks at in a session. */
export type Delegation = Pick<LineageNode, 'id' | 'parentId' | 'delegateFrom'>;

/** Where the rule finds sessions that may have worked for another one. */
export interface DelegationSource<N extends Delegation = Delegation> {
  /** All sessions that are marked as delegates of this one, and all of its children; others do no harm. */
  workersFor(id: string): readonly N[];
}

/** Sessions that are marked as delegates, by whom they may have worked for. */
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
 * The sessions that a deletion takes along, by Hermes's own rule: those that are marked as delegates of one that goes, and its children
 * that are marked as delegates at all, such as a delegate's continuations; and theirs in turn. None of `ids` is among them.
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

/** What Hermes writes where whom a delegate worked for is gone: no session's id, whatever one is called. */
export const ORPHANED = '__orphaned__';

function worksFor({ delegateFrom, parentId }: Delegation, owner: string): boolean {
  if (delegateFrom === null) return false;
  return parentId === owner || (delegateFrom === owner && owner !== ORPHANED);
}
