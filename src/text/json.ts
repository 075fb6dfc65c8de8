/** Maximum levels of nesting in a decoded value: serializing thousands of levels would overflow the stack. */
const MAX_DEPTH = 100;

/** Whether a value is an object other than a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a JSON value has more than this many levels of nested lists and objects. It recurses no deeper than that. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(part, levels - 1));
}

/** The value of a JSON text; undefined if the text is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value of a JSON text; undefined if the text is not JSON, or nested too deep to be serialized again. */
export function decodedJson(text: string): unknown {
  const value = parsedJson(text);
  return isDeeperThan(value, MAX_DEPTH) ? undefined : value;
}
