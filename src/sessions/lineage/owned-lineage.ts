import { continuedFrom, type LineageNode, type LineageSource } from './lineage.js';

/**
 * A history in which every session has its owner: the user that its row names, or else that of the nearest session which it continues.
 * Older releases of Hermes name none in what goes on after a compression. What begins a conversation of its own, such as a branch,
 * inherits nobody: who made it need not be who it came from. What was worked out is remembered, so that it is good for one moment.
 */
export class OwnedLineage<N extends LineageNode> implements LineageSource<N> {
  readonly #owners = new Map<string, string | null>();

  /** @param named the same history with the users that the rows themselves name. */
  constructor(private readonly named: LineageSource<N>) {}

  /** How many sessions have been looked at. */
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
