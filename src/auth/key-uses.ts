import { readFileSync } from 'node:fs';
import { writePrivately } from './private-file.js';

/** The file with the last use of each key. It is separate from the key file, which only its keeper writes. */
function usesFile(keyFile: string): string {
  return `${keyFile}.last-used`;
}

/** Last uses by key id, in RFC 3339; empty if unknown. */
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
