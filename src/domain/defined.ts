/** An object without its undefined properties, for code that looks at which properties there are. */
export function defined<T extends object>(properties: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
