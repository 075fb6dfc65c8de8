import { constants } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * An entry that is whole; one that was whole before a deletion of which it is not known whether it happened; one that somebody is about to put
 * back, or was; and one that is not whole.
 */
const STATES = { kept: 'jsonl', pending: 'pending', restoring: 'restoring', partial: 'part' } as const;

/** What a file of an entry is. */
type FileState = keyof typeof STATES;

/** What a file is that can be restored. */
export type WholeState = Exclude<FileState, 'partial'>;

/** How an entry can lie that can be restored: it gets other names on its way. */
export const WHOLE_STATES: readonly WholeState[] = ['pending', 'kept', 'restoring'];

/** Everything that this program writes there, and nothing else: names are made up here, and never come from outside. */
const HISTORY_FOLDER = /^[0-9a-f]{24}$/;
const ENTRY_FILE = /^([0-9a-f]{32})\.(jsonl|pending|restoring|part)$/;

const STATE_OF: ReadonlyMap<string, FileState> = new Map([
  [STATES.kept, 'kept'],
  [STATES.pending, 'pending'],
  [STATES.restoring, 'restoring'],
  [STATES.partial, 'partial'],
]);

/** A file of an entry by its name. */
export interface EntryName {
  readonly id: string;
  readonly path: string;
  readonly state: FileState;
}

/** A file of an entry as it lies on the disk. Times are milliseconds of the epoch. */
export interface EntryFile extends EntryName {
  readonly bytes: number;
  readonly writtenAt: number;
  /** When it got its name, or was written to. */
  readonly changedAt: number;
}

/** Where an entry of a folder lies. */
export function pathOf(folder: string, id: string, state: FileState): string {
  return join(folder, `${id}.${STATES[state]}`);
}

/** Whether all of an entry is in its file. */
export function isWhole<N extends EntryName>(name: N): name is N & { readonly state: WholeState } {
  return name.state !== 'partial';
}

/** The folders of all histories in a trash. */
export async function historyFolders(root: string): Promise<readonly string[]> {
  return (await namesIn(root)).filter((name) => HISTORY_FOLDER.test(name)).map((name) => join(root, name));
}

/** The files of entries in a folder, by their names alone; none where there is no folder. */
export async function entryNames(folder: string): Promise<readonly EntryName[]> {
  return (await namesIn(folder)).flatMap((name) => {
    const [, id, ending = ''] = ENTRY_FILE.exec(name) ?? [];
    const state = STATE_OF.get(ending);
    // Where there are tens of thousands, `join` takes most of the time.
    return id === undefined || state === undefined ? [] : { id, state, path: `${folder}/${name}` };
  });
}

/** The files of entries in some folders. */
export async function entryFiles(folders: Iterable<string>): Promise<readonly EntryFile[]> {
  const files = new Map<string, EntryFile>();
  for (const folder of folders)
    for (const name of await entryNames(folder)) {
      const file = await fileOf(name);
      if (file !== undefined) files.set(file.id, file);
    }
  return [...files.values()];
}

/** The file that had a name a moment ago, by whatever name it has now; undefined where it is no file, or is gone. */
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

/** A link would lead to what is no entry. */
export function openToRead(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** A name is on the disk once the folder that holds it is. */
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

/** Told by its form: errors of the system's own parts can be of another realm. */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}
