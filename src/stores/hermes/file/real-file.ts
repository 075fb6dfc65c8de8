import { realpathSync } from 'node:fs';

/** The file that a path leads to, by whatever links; the path itself where there is none yet. */
export function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Where the write-ahead log of a history lies. SQLite follows links, and has it beside the file itself. */
export function journalOf(stateDb: string): string {
  return `${realPathOf(stateDb)}-wal`;
}
