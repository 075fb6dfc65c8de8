import { readFileSync } from 'node:fs';
import { writePrivately } from './private-file.js';

/** Where it is remembered when each key was last used: beside the file of keys, which only its keeper writes. */
function usesFile(keyFile: string): string {
  return `${keyFile}.last-used`;
}

/** When keys were last used, by their ids; RFC 3339. Nothing where that is not known. */
export function readKeyUses(keyFile: string): ReadonlyMap<string, string> {
  try {
    const uses: unknown = JSON.parse(readFileSync(usesFile(keyFile), 'utf8'));
    const entries = typeof uses === 'object' && uses !== null ? Object.entries(uses) : [];
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return new Map();
  }
}

export function writeKeyUses(keyFile: string, uses: ReadonlyMap<string, string>): void {
  writePrivately(usesFile(keyFile), `${JSON.stringify(Object.fromEntries(uses), null, 2)}\n`);
}
