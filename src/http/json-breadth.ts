import { randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How many values JSON text holds, and how many different names. */
export interface Breadth {
  readonly values: number;
  readonly names: number;
}

/**
 * How much a body may hold, however few bytes it has. A parser takes seconds, and a gigabyte, for millions of empty objects, and for objects
 * that have no names in common; an import of 25 MiB has far less of both where it was exported.
 */
export const BROADEST: Breadth = { values: 1_500_000, names: 100_000 };

/** Bytes that are looked at between two turns of the event loop. */
const AT_ONCE = 256 * 1024;

const [QUOTE, BACKSLASH, COLON, COMMA, LIST, OBJECT] = [0x22, 0x5c, 0x3a, 0x2c, 0x5b, 0x7b] as const;

/** Names are counted by their hashes (FNV-1a), begun so that nobody can send many that are counted as one. */
const HASH_BEGINNING = randomInt(2 ** 32);
const HASH_FACTOR = 0x01000193;

/** Whether JSON text holds more values, or more different names, than it may. What is no JSON is for its parser to refuse. */
export async function isBroaderThan(text: Uint8Array, most: Breadth): Promise<boolean> {
  const names = new Set<number>();
  let values = 1;
  let hash = 0;
  let isInString = false;
  let isEscaped = false;
  for (let at = 0; at < text.length; at += AT_ONCE) {
    await nextTurn();
    const end = Math.min(at + AT_ONCE, text.length);
    // By index: an iterator takes three times as long.
    for (let index = at; index < end; index++) {
      const byte = text[index] ?? 0;
      if (byte === QUOTE && !isEscaped) {
        if (!isInString) hash = HASH_BEGINNING;
        isInString = !isInString;
      } else if (isInString) {
        isEscaped = byte === BACKSLASH && !isEscaped;
        hash = Math.imul(hash ^ byte, HASH_FACTOR);
      } else if (byte === COLON) names.add(hash);
      else if (byte === COMMA || byte === LIST || byte === OBJECT) values += 1;
    }
    if (values > most.values || names.size > most.names) return true;
  }
  return false;
}
