import { realpathSync } from 'node:fs';

/** The file behind a path, after resolving all links; the path itself if there is none yet. */
export function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** The path of a history's write-ahead log. SQLite follows links, and puts the log beside the file itself. */
export function journalOf(stateDb: string): string {
  return `${realPathOf(stateDb)}-wal`;
}
