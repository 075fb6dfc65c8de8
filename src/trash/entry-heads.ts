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

/** Heads are read in pieces of this many bytes, up to this many pieces. */
const HEAD_PIECE = 16 * 1024;
const MOST_HEAD_PIECES = 1024;

/** Most entries of a folder that are cached, the most recently deleted ones, with about a kilobyte each; others are read each time. */
const MOST_REMEMBERED = 100_000;

/** Files that are read concurrently. */
const READ_AT_ONCE = 8;

/** The cached entries of a folder. */
interface KnownFolder {
  /** Most recently deleted first. */
  readonly entries: readonly StoredEntry[];
  /** Ids of files that are not entries of this release. */
  readonly others: ReadonlySet<string>;
}

const NOTHING: KnownFolder = { entries: [], others: new Set() };

/**
 * A cache of entry heads. Files are not modified once they have their name, so each is read once, and listing a folder costs only reading
 * its names.
 */
export class EntryHeads {
  readonly #folders = new Map<string, KnownFolder>();
  /** Concurrent calls wait for the first one, and then find the heads cached. */
  readonly #listing = pLimit(1);

  /** All entries of a folder, most recently deleted first. */
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

/** The file name of an entry that can be restored. */
type WholeName = EntryName & { readonly state: WholeState };

/** Reads the entries of some files, in order. */
async function readEach(
  names: readonly WholeName[],
): Promise<readonly (readonly [WholeName, StoredEntry | null | undefined])[]> {
  const limit = pLimit(READ_AT_ONCE);
  return limit.map(names, async (name) => [name, await readEntry(name)] as const);
}

/** @returns null if it is not an entry of this release; undefined if it does not exist any more. */
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
