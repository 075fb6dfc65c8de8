import { constants } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * File extensions by state. `kept`: complete, and the deletion was confirmed. `pending`: complete, but the deletion may not have
 * happened. `restoring`: somebody is restoring it, or was. `partial`: incomplete.
 */
const STATES = { kept: 'jsonl', pending: 'pending', restoring: 'restoring', partial: 'part' } as const;

/** The state of an entry's file. */
type FileState = keyof typeof STATES;

/** The state of a complete file, which can be restored. */
export type WholeState = Exclude<FileState, 'partial'>;

/** The states of complete files, in the order in which an entry passes through them. */
export const WHOLE_STATES: readonly WholeState[] = ['pending', 'kept', 'restoring'];

/** Names of everything that this program writes there. They are generated, and never come from outside. */
const HISTORY_FOLDER = /^[0-9a-f]{24}$/;
const ENTRY_FILE = /^([0-9a-f]{32})\.(jsonl|pending|restoring|part)$/;

const STATE_OF: ReadonlyMap<string, FileState> = new Map([
  [STATES.kept, 'kept'],
  [STATES.pending, 'pending'],
  [STATES.restoring, 'restoring'],
  [STATES.partial, 'partial'],
]);

/** An entry's file, from its name. */
export interface EntryName {
  readonly id: string;
  readonly path: string;
  readonly state: FileState;
}

/** An entry's file on disk. Times are epoch milliseconds. */
export interface EntryFile extends EntryName {
  readonly bytes: number;
  readonly writtenAt: number;
  /** When it was last renamed or written. */
  readonly changedAt: number;
}

/** The path of an entry's file. */
export function pathOf(folder: string, id: string, state: FileState): string {
  return join(folder, `${id}.${STATES[state]}`);
}

/** Whether a file is complete. */
export function isWhole<N extends EntryName>(name: N): name is N & { readonly state: WholeState } {
  return name.state !== 'partial';
}

/** The folders of all histories in a trash. */
export async function historyFolders(root: string): Promise<readonly string[]> {
  return (await namesIn(root)).filter((name) => HISTORY_FOLDER.test(name)).map((name) => join(root, name));
}

/** The entry files in a folder, from their names only; none if the folder does not exist. */
export async function entryNames(folder: string): Promise<readonly EntryName[]> {
  return (await namesIn(folder)).flatMap((name) => {
    const [, id, ending = ''] = ENTRY_FILE.exec(name) ?? [];
    const state = STATE_OF.get(ending);
    // Not `join`, which would take most of the time with tens of thousands of names.
    return id === undefined || state === undefined ? [] : { id, state, path: `${folder}/${name}` };
  });
}

/** The entry files in some folders. */
export async function entryFiles(folders: Iterable<string>): Promise<readonly EntryFile[]> {
  const files = new Map<string, EntryFile>();
  for (const folder of folders)
    for (const name of await entryNames(folder)) {
      const file = await fileOf(name);
      if (file !== undefined) files.set(file.id, file);
    }
  return [...files.values()];
}

/** The file of an entry, in whatever state it is by now; undefined if it is not a regular file, or is gone. */
export async function fileOf(name: EntryName): Promise<EntryFile | undefined> {
  return (await statOf(name)) ?? (isWhole(name) ? fileAmong(dirname(name.path), name.id) : undefined);
}

async function fileAmong(folder: string, id: string): Promise<EntryFile | undefined> {
  for (const state of WHOLE_STATES) {
    const file = await statOf({ id, state, path: pathOf(folder, id, state) });
    if (file !== undefined) return file;
  }
  return undefined;
}

async function statOf(name: EntryName): Promise<EntryFile | undefined> {
  const stats = await lstat(name.path).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  return { ...name, bytes: stats.size, writtenAt: stats.mtimeMs, changedAt: stats.ctimeMs };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await lstat(folder)).isDirectory() ? await readdir(folder) : [];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** O_NOFOLLOW, because a symbolic link is not an entry. */
export function openToRead(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** Makes a rename durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function isMissing(error: unknown): boolean {
  return isOfSystem(error) && error.code === 'ENOENT';
}

/** Recognized by its shape: errors of Node's own modules may come from another realm. */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}
