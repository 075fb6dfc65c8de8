import { DomainError } from '../../domain/errors.js';

/** The columns of a session row that the lineage rules use. Times are epoch seconds. */
export interface LineageNode {
  readonly id: string;
  readonly parentId: string | null;
  readonly source: string;
  /** The owner, as determined by `OwnedLineage`. Not used by the lineage rules, but for visibility. */
  readonly userId: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly sessionKey: string | null;
  /** The kinds that its markers give it, as {@link kindsMarked} reads them. */
  readonly branched: boolean;
  readonly reset: boolean;
  readonly delegate: boolean;
  /** The session that `_delegate_from` names, whether or not the marker counts; null if it is not set. */
  readonly delegateFrom: string | null;
  readonly hidden: boolean;
  readonly archived: boolean;
  /** Not used by the lineage rules, but prunes spare what would take a pinned session along. */
  readonly pinned: boolean;
  readonly lastActiveAt: number | null;
}

/** Gives the rules access to other rows. */
export interface LineageSource<N extends LineageNode = LineageNode> {
  node(id: string): N | undefined;
  /** Direct children, in any order. */
  children(id: string): readonly N[];
}

/** The sessions that the markers in a row's `model_config` name; null if a marker is not set. */
export interface Markers {
  readonly branchedFrom: string | null;
  readonly resetFrom: string | null;
  readonly delegateFrom: string | null;
}

/**
 * The kinds that a row's markers give it. A marker counts only if it names the row's own parent, because a compression continuation
 * inherits its predecessor's `model_config` including the markers. A delegate whose parent was deleted stays a delegate.
 */
export function kindsMarked(
  { branchedFrom, resetFrom, delegateFrom }: Markers,
  parentId: string | null,
): Pick<LineageNode, 'branched' | 'reset' | 'delegate'> {
  const counts = (marker: string | null): boolean => marker !== null && marker === parentId;
  return {
    branched: counts(branchedFrom),
    reset: counts(resetFrom),
    delegate: counts(delegateFrom) || (parentId === null && delegateFrom !== null),
  };
}

/**
 * How a session row relates to its parent. `root`, `branch` and `reset` begin a conversation; a `continuation` continues one after a
 * compression; a `delegate` worked for another session; `other` is a child of a kind that Hermes hides.
 */
type SessionKind = 'root' | 'branch' | 'reset' | 'delegate' | 'continuation' | 'other';

/** Hermes follows a chain for at most this many steps; real chains have up to about 180. */
const MAX_STEPS = 1000;

/** End reasons with which Hermes ends a conversation and begins another one for the same chat. */
const RESET_END_REASONS: ReadonlySet<string> = new Set([
  'session_reset',
  'session_switch',
  'idle',
  'daily',
  'suspended',
  'resume_pending_expired',
]);

/** The kind of a row, given its parent's row if there is one. */
export function kindOf(node: LineageNode, parent: LineageNode | undefined): SessionKind {
  if (node.delegate) return 'delegate';
  if (node.parentId === null) return 'root';
  if (isBranch(node, parent)) return 'branch';
  if (isReset(node, parent)) return 'reset';
  // Start times are not compared: a race can write the continuation before its parent's end.
  if (parent?.endReason === 'compression' && node.source !== 'tool') return 'continuation';
  return 'other';
}

function isBranch(node: LineageNode, parent: LineageNode | undefined): boolean {
  if (node.branched) return true;
  if (parent?.endReason !== 'branched' || node.startedAt === null || parent.endedAt === null) return false;
  return node.startedAt >= parent.endedAt;
}

function isReset(node: LineageNode, parent: LineageNode | undefined): boolean {
  if (node.reset) return true;
  if (parent === undefined || !RESET_END_REASONS.has(parent.endReason ?? '')) return false;
  return node.sessionKey !== null && node.sessionKey !== '' && node.sessionKey === parent.sessionKey;
}

/** The first row of the compression chain of `node`; in a cycle the one with the smallest id. */
export function chainRoot<N extends LineageNode>(source: LineageSource<N>, node: N): N {
  const seen = new Map<string, N>();
  let current = node;
  while (!seen.has(current.id)) {
    seen.set(current.id, current);
    const parent = continuedFrom(source, current);
    if (parent === undefined) return current;
    current = parent;
  }
  return [...seen.values()].reduce((first, other) => (other.id < first.id ? other : first), current);
}

/** The row that `node` continues, if it is a continuation. */
export function continuedFrom<N extends LineageNode>(source: LineageSource<N>, node: N): N | undefined {
  if (node.parentId === null) return undefined;
  const parent = source.node(node.parentId);
  return kindOf(node, parent) === 'continuation' ? parent : undefined;
}

/** The chain from `start` to its tip, `start` first. */
export function chainFrom<N extends LineageNode>(source: LineageSource<N>, start: N): readonly N[] {
  return chainOf(start, (node) => preferredContinuation(continuations(source, node)));
}

function chainOf<N extends LineageNode>(start: N, continuationOf: (node: N) => N | undefined): readonly N[] {
  const chain = [start];
  const seen = new Set([start.id]);
  while (chain.length <= MAX_STEPS) {
    const next = continuationOf(chain[chain.length - 1] ?? start);
    if (next === undefined || seen.has(next.id)) break;
    seen.add(next.id);
    chain.push(next);
  }
  return chain;
}

/** The chain that contains `node`, root first, each member once; even if Hermes would prefer a rival of `node`. */
export function chainThrough<N extends LineageNode>(source: LineageSource<N>, node: N): readonly N[] {
  const ancestors = chainAncestors(source, node);
  const before: N[] = [];
  for (const id of ancestors) {
    const ancestor = source.node(id);
    if (ancestor !== undefined) before.unshift(ancestor);
  }
  // In a cycle, the way down leads back to the ancestors.
  return [...before, ...chainFrom(source, node).filter(({ id }) => !ancestors.has(id))];
}

/** The position of a session in its chain. */
export interface ChainPlace<N extends LineageNode = LineageNode> {
  readonly node: N;
  readonly root: N;
  /** The session to resume. */
  readonly tip: N;
  /** Number of sessions from the root to the root's own tip. */
  readonly length: number;
}

/** Determines the position of a session in its chain. */
export function placeInChain<N extends LineageNode>(source: LineageSource<N>, node: N): ChainPlace<N> {
  const root = chainRoot(source, node);
  return { node, root, tip: chainFrom(source, node).at(-1) ?? node, length: chainFrom(source, root).length };
}

/** {@link chainThrough} with the position of each member; reads each row once, however long the chain is. */
export function placesInChain<N extends LineageNode>(
  source: LineageSource<N>,
  node: N,
): readonly ChainPlace<N>[] {
  const continued = new Map<string, N | undefined>();
  const continuationOf = (member: N): N | undefined => {
    if (!continued.has(member.id))
      continued.set(member.id, preferredContinuation(continuations(source, member)));
    return continued.get(member.id);
  };
  const root = chainRoot(source, node);
  const { length } = chainOf(root, continuationOf);
  return chainThrough(source, node).map((member) => ({
    node: member,
    root,
    tip: chainOf(member, continuationOf).at(-1) ?? member,
    length,
  }));
}

/** All rows that continue `start`, `start` first: the chain, and what a race left beside it. */
export function chainFamily<N extends LineageNode>(source: LineageSource<N>, start: N): readonly N[] {
  const family = new Map([[start.id, start]]);
  for (const member of family.values()) {
    for (const child of continuations(source, member)) family.set(child.id, family.get(child.id) ?? child);
  }
  return [...family.values()];
}

/** Ids of all rows that `node` continues, directly or indirectly. */
export function chainAncestors(source: LineageSource, node: LineageNode): ReadonlySet<string> {
  const ancestors = new Set<string>();
  let current = continuedFrom(source, node);
  while (current !== undefined && current.id !== node.id && !ancestors.has(current.id)) {
    ancestors.add(current.id);
    current = continuedFrom(source, current);
  }
  return ancestors;
}

/** Ids of all direct children, oldest first. */
export function childIds(source: LineageSource, id: string): readonly string[] {
  const children = [...source.children(id)].sort(
    (a, b) => (a.startedAt ?? -1) - (b.startedAt ?? -1) || (a.id < b.id ? -1 : 1),
  );
  return children.map((child) => child.id);
}

/** A compression chain with what a race left beside it, and the properties of the resulting conversation. */
export interface Conversation<N extends LineageNode = LineageNode> {
  readonly root: N;
  /** The session to resume. */
  readonly tip: N;
  /** All sessions, including those that a race left beside the chain; the root first. */
  readonly members: readonly N[];
  /** Number of sessions from the root to the tip. */
  readonly length: number;
  /** Newest activity of all members, in epoch seconds; null if none has a usable time. */
  readonly lastActiveAt: number | null;
  /** Whether all members have ended. */
  readonly isEnded: boolean;
  readonly isListed: boolean;
}

/** The conversation that contains a session. */
export function conversationOf<N extends LineageNode>(source: LineageSource<N>, node: N): Conversation<N> {
  const root = chainRoot(source, node);
  const chain = chainFrom(source, root);
  const tip = chain.at(-1) ?? root;
  const family = chainFamily(source, root);
  // A session that leads into a cycle can be outside the family of its root.
  const isMember = family.some(({ id }) => id === node.id);
  const members = isMember ? family : [node];
  return {
    root,
    tip,
    members,
    length: chain.length,
    lastActiveAt: newest(members.map(({ lastActiveAt }) => lastActiveAt)),
    isEnded: members.every(({ endedAt }) => endedAt !== null),
    isListed: isMember && isListed(source, root, tip),
  };
}

/** The ids of a session's conversation, its own first; only its own if the session does not exist. */
export function conversationIds(source: LineageSource, id: string): readonly string[] {
  const node = source.node(id);
  const members = node === undefined ? [] : conversationOf(source, node).members;
  return [id, ...members.map((member) => member.id).filter((other) => other !== id)];
}

/**
 * Requires that nothing has happened in a conversation since the caller saw it.
 * @param seenUntil its newest activity at that time.
 * @throws {DomainError} `plan_changed`
 */
export function requireSeen(source: LineageSource, id: string, seenUntil: number | null): void {
  const node = source.node(id);
  if (node !== undefined && conversationOf(source, node).lastActiveAt === seenUntil) return;
  throw new DomainError('plan_changed');
}

/** The latest of some times; null is unknown, and the result if all are. */
export function newest(times: readonly (number | null)[]): number | null {
  return times.reduce((latest, time) => (time !== null && time > (latest ?? -1) ? time : latest), null);
}

/** The earliest of some times; null is unknown, and the result if all are. */
export function oldest(times: readonly (number | null)[]): number | null {
  return times.reduce((first, time) => (time !== null && time < (first ?? Infinity) ? time : first), null);
}

/** Whether a chain is a list entry. As in Hermes, a hidden one is listed only if it is archived, among the archived ones. */
function isListed(source: LineageSource, root: LineageNode, tip: LineageNode): boolean {
  const parent = root.parentId === null ? undefined : source.node(root.parentId);
  const kind = kindOf(root, parent);
  return (
    (kind === 'root' || kind === 'branch' || kind === 'reset') &&
    (root.archived || (!root.hidden && !tip.hidden))
  );
}

function continuations<N extends LineageNode>(source: LineageSource<N>, parent: N): readonly N[] {
  if (parent.endReason !== 'compression') return [];
  return source.children(parent.id).filter((child) => kindOf(child, parent) === 'continuation');
}

/** Whether a child would continue its parent if the parent ended by compression. */
export function continuesIfCompressed(parent: LineageNode, child: LineageNode): boolean {
  return kindOf(child, { ...parent, endReason: 'compression' }) === 'continuation';
}

/** A race can leave several continuations. Hermes prefers one that was continued itself, then an open one, then the newest. */
function preferredContinuation<N extends LineageNode>(candidates: readonly N[]): N | undefined {
  return [...candidates].sort(byPreference)[0];
}

function byPreference(a: LineageNode, b: LineageNode): number {
  return (
    standing(a) - standing(b) ||
    (b.lastActiveAt ?? -1) - (a.lastActiveAt ?? -1) ||
    (b.startedAt ?? -1) - (a.startedAt ?? -1) ||
    (a.id < b.id ? 1 : -1)
  );
}

function standing(node: LineageNode): number {
  if (node.endReason === 'compression') return 0;
  return node.endedAt === null ? 1 : 2;
}
