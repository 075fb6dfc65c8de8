/** An object with a value for each name. */
export function byName<N extends string, V>(
  names: readonly N[],
  valueOf: (name: N) => V,
): Readonly<Record<N, V>> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<N, V>;
}
