/** The unvalidated object in a body: clients of Hermes send fields that it ignores. */
export type RequestBody = Readonly<Record<string, unknown>>;

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
]);

/** A boolean as Hermes's dashboard reads it, also from a word or number; undefined for anything else. */
export function readFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' || typeof value === 'number'
    ? FLAGS.get(String(value).toLowerCase())
    : undefined;
}
