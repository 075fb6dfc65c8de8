import { continuedFrom, type LineageNode, type LineageSource } from './lineage.js';

/**
 * A history in which every session has its owner: the user in its row, or else the owner of the session that it continues. Older releases
 * of Hermes store no user in continuations. A session that begins its own conversation, such as a branch, inherits no owner, because
 * somebody else may have made it. Owners are cached, so an instance is valid for one snapshot only.
 */
export class OwnedLineage<N extends LineageNode> implements LineageSource<N> {
  readonly #owners = new Map<string, string | null>();

  /** @param named the same history with the users in the rows themselves. */
  constructor(private readonly named: LineageSource<N>) {}

  /** How many sessions have been examined. */
  get size(): number {
    return this.#owners.size;
  }

  node(id: string): N | undefined {
    const node = this.named.node(id);
    return node === undefined ? undefined : this.#owned(node);
  }

  children(id: string): readonly N[] {
    return this.named.children(id).map((child) => this.#owned(child));
  }

  #owned(node: N): N {
    const userId = this.#ownerOf(node);
    return userId === node.userId ? node : { ...node, userId };
  }

  #ownerOf(node: N): string | null {
    const passed = new Set<string>();
    let current: N | undefined = node;
    let owner: string | null = null;
    while (current !== undefined && !passed.has(current.id)) {
      owner = current.userId ?? this.#owners.get(current.id) ?? null;
      if (owner !== null || this.#owners.has(current.id)) break;
      passed.add(current.id);
      current = continuedFrom(this.named, current);
    }
    for (const id of passed) this.#owners.set(id, owner);
    return owner;
  }
}
