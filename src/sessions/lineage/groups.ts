/** Members grouped by an id; members with null are in no group. */
export class Groups<T> {
  readonly #groups = new Map<string, Set<T>>();

  of(id: string): ReadonlySet<T> {
    return this.#groups.get(id) ?? EMPTY;
  }

  add(id: string | null, member: T): void {
    if (id === null) return;
    const group = this.#groups.get(id);
    if (group === undefined) this.#groups.set(id, new Set([member]));
    else group.add(member);
  }

  delete(id: string | null, member: T): void {
    if (id === null) return;
    const group = this.#groups.get(id);
    group?.delete(member);
    if (group?.size === 0) this.#groups.delete(id);
  }
}

/** Groups members by a key, keeping their order. */
export function groupBy<K, T>(members: readonly T[], keyOf: (member: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const member of members) {
    const key = keyOf(member);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [member]);
    else group.push(member);
  }
  return groups;
}

const EMPTY: ReadonlySet<never> = new Set();
