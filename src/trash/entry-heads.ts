import type { FileHandle } from 'node:fs/promises';
import pLimit from 'p-limit';
import {
  entryNames,
  fileOf,
  isMissing,
  isWhole,
  openToRead,
  type EntryName,
  type WholeState,
} from './entry-files.js';
import { headOf, newestFirst, type StoredEntry, type TrashHead } from './trash-entry.js';

/** Heads are read in pieces of this size, in bytes, and are shorter than so many of them. */
const HEAD_PIECE = 16 * 1024;
const MOST_HEAD_PIECES = 1024;

/** Entries of a folder that are remembered, the last deleted ones, a kilobyte each; others are read each time. */
const MOST_REMEMBERED = 100_000;

/** Files that are read at the same time. */
const READ_AT_ONCE = 8;

/** What was found in a folder. */
interface KnownFolder {
  /** The last deleted first. */
  readonly entries: readonly StoredEntry[];
  /** Ids of files that are no entries of this release. */
  readonly others: ReadonlySet<string>;
}

const NOTHING: KnownFolder = { entries: [], others: new Set() };

/**
 * What the first lines of entries say. Nobody writes to a file that has its name, so that each is read once, and a list costs the names of its
 * folder.
 */
export class EntryHeads {
  readonly #folders = new Map<string, KnownFolder>();
  /** Who comes while all are read finds them read. */
  readonly #listing = pLimit(1);

  /** All entries of a folder, the last deleted first. */
  list(folder: string): Promise<readonly StoredEntry[]> {
    return this.#listing(() => this.#list(folder));
  }

  async #list(folder: string): Promise<readonly StoredEntry[]> {
    const known = this.#folders.get(folder) ?? NOTHING;
    const names = new Map((await entryNames(folder)).filter(isWhole).map((name) => [name.id, name]));
    const entries: StoredEntry[] = [];
    const others = new Set<string>();
    for (const entry of known.entries) {
      const name = names.get(entry.id);
      if (name === undefined) continue;
      entries.push(name.state === entry.state ? entry : { ...entry, state: name.state });
      names.delete(entry.id);
    }
    for (const id of known.others) if (names.delete(id)) others.add(id);
    const added = await readEach([...names.values()]);
    for (const [name, entry] of added)
      if (entry === null) others.add(name.id);
      else if (entry !== undefined) entries.push(entry);
    if (added.length > 0) entries.sort(newestFirst);
    this.#folders.set(folder, { entries: entries.slice(0, MOST_REMEMBERED), others });
    return entries;
  }
}

/** The name of an entry that can be restored. */
type WholeName = EntryName & { readonly state: WholeState };

/** Entries whose files have some names, in their order, each with its name. */
async function readEach(
  names: readonly WholeName[],
): Promise<readonly (readonly [WholeName, StoredEntry | null | undefined])[]> {
  const limit = pLimit(READ_AT_ONCE);
  return limit.map(names, async (name) => [name, await readEntry(name)] as const);
}

/** @returns null for what is no entry of this release; undefined for what is not there any more. */
export async function readEntry(name: WholeName): Promise<StoredEntry | null | undefined> {
  const file = await fileOf(name);
  if (file === undefined || !isWhole(file)) return undefined;
  const { id, path, state, bytes } = file;
  const head = await readHead(path);
  return head && { id, state, head, bytes };
}

/** As {@link readEntry}. */
async function readHead(path: string): Promise<TrashHead | null | undefined> {
  let file: FileHandle;
  try {
    file = await openToRead(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const pieces: Buffer[] = [];
    for (let piece = 0; piece < MOST_HEAD_PIECES; piece++) {
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(HEAD_PIECE),
        0,
        HEAD_PIECE,
        piece * HEAD_PIECE,
      );
      const end = buffer.subarray(0, bytesRead).indexOf('\n');
      pieces.push(buffer.subarray(0, end === -1 ? bytesRead : end));
      if (end !== -1) return headOf(Buffer.concat(pieces).toString('utf8')) ?? null;
      if (bytesRead < HEAD_PIECE) return null;
    }
    return null;
  } finally {
    await file.close();
  }
}
