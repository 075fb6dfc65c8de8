/** Members grouped by an id; members with null are in no group. */
export class Groups<T> {
  readonly #groups = new Map<string, T[]>();

  of(id: string): readonly T[] {
    return this.#groups.get(id) ?? [];
  }

  add(id: string | null, member: T): void {
    if (id === null) return;
    const group = this.#groups.get(id);
    if (group === undefined) this.#groups.set(id, [member]);
    else group.push(member);
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
