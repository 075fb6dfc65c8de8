import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { realPath } from '../config/real-path.js';
import { Settings } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import { Metrics } from '../metrics/metrics.js';
import type { TakenSessions } from '../sessions/kept-session.js';
import { SessionTrash, type KeptEntry } from '../sessions/session-trash.js';
import { linesOf, writeEntry } from './entry-file.js';
import { FORM, headOf, type StoredEntry, type TrashHead } from './trash-entry.js';

const MEBIBYTE = 1024 * 1024;

/** Bytes of one entry at most, since it is restored in memory. */
const LARGEST_ENTRY = 256 * MEBIBYTE;

/** Heads are read in pieces of this size, in bytes, and are shorter than so many of them. */
const HEAD_PIECE = 16 * 1024;
const MOST_HEAD_PIECES = 1024;

/** Heads that are remembered, some hundred bytes each. */
const MOST_HEADS = 20_000;

/** What nobody has written to for so long is left by a process that ended, in milliseconds. */
const ABANDONED = 600_000;

/** What was deleted within so many milliseconds gives way to nothing: whoever deleted it can undo it. */
const UNDOABLE = 600_000;

/** What share of a full trash is made free at once: to look at all that there is takes long where it is thousands of files. */
const FREED = 0.1;

/** How long it is taken to be known how much there is, in milliseconds; another server may share the folder. */
const MEASURED = 60_000;

/** An entry that is whole, one that was whole before a deletion of which it is not known whether it happened, and one that is not. */
const STATES = { kept: 'jsonl', pending: 'pending', partial: 'part' } as const;

/** Everything that this program writes there, and nothing else: names are made up here, and never come from outside. */
const HISTORY_FOLDER = /^[0-9a-f]{24}$/;
const ENTRY_FILE = /^([0-9a-f]{32})\.(jsonl|pending|part)$/;

/** A file of an entry. */
interface EntryFile {
  readonly id: string;
  readonly path: string;
  readonly state: string;
  readonly bytes: number;
  /** When it was written, in milliseconds of the epoch. */
  readonly writtenAt: number;
}

/**
 * The folder in which entries lie, each a file of JSON Lines: a head, the rows, and an end. They have random names, in a folder for each
 * history, so that several servers and histories can share it; of what is another history's each takes out only what has been kept for its
 * time.
 */
@Injectable()
export class TrashFolder extends SessionTrash {
  readonly #logger = new Logger(TrashFolder.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #heads = new Map<string, TrashHead>();
  readonly isOn: boolean;
  /** Where entries lie: links within it lead to what is none. */
  readonly #root: string;
  /** Folders of the histories that are served here. */
  readonly #own = new Set<string>();
  #measured: { readonly at: number; entries: number; bytes: number } | undefined;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {
    super();
    this.isOn = settings.TRASH_DIR !== '' && settings.DATABASE_URL === '';
    this.#root = realPath(settings.TRASH_DIR);
  }

  /** How long entries are kept, in seconds. */
  get life(): number {
    return this.settings.TRASH_DAYS * 86_400;
  }

  override async keep(taken: TakenSessions, by: string): Promise<KeptEntry> {
    const id = randomBytes(16).toString('hex');
    const { profile, entry, sessions, lines } = taken;
    const now = Date.now() / 1000;
    const head: TrashHead = {
      ...{ object: 'hermes.session.trash', form: FORM, profile, deletedAt: now, deletedBy: by },
      ...{ keptUntil: now + this.life, entry, sessions },
    };
    try {
      const folder = this.#folderOf(profile);
      this.#own.add(folder);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const partial = join(folder, `${id}.${STATES.partial}`);
      const pending = join(folder, `${id}.${STATES.pending}`);
      const digest = await writeEntry(partial, { head, lines, most: this.#mostBytes() });
      await this.#requireRoom(partial);
      await rename(partial, pending);
      await syncFolder(folder);
      return {
        id,
        digest,
        confirm: () => this.confirm(profile, id),
        discard: () => this.#discard(pending),
      };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Entries of a profile, in no order. @param id of the one that is wanted alone. @throws {DomainError} `trash_unavailable` */
  entries(profile: string, id?: string): Promise<readonly StoredEntry[]> {
    return this.#entriesThat(
      profile,
      (file) => file.state !== STATES.partial && (id === undefined || file.id === id),
    );
  }

  /** Entries of a profile whose deletion must have come to an end by now, without having said how. */
  async abandoned(profile: string): Promise<readonly StoredEntry[]> {
    const pending = await this.#entriesThat(profile, ({ state }) => state === STATES.pending);
    const since = (Date.now() - ABANDONED) / 1000;
    return pending.filter(({ head }) => head.deletedAt < since);
  }

  async #entriesThat(
    profile: string,
    isWanted: (file: EntryFile) => boolean,
  ): Promise<readonly StoredEntry[]> {
    const files = await this.#reading(() => filesIn(this.#folderOf(profile)));
    const entries: StoredEntry[] = [];
    for (const file of files.filter(isWanted)) {
      const entry = await this.#entryOf(file);
      if (entry?.head.profile === profile) entries.push(entry);
    }
    return entries;
  }

  /** The lines of an entry, its head and its end included. @throws {DomainError} `trash_unavailable`, `trash_entry_not_found` */
  async *lines(profile: string, { id, isPending }: StoredEntry): AsyncGenerator<string> {
    const path = this.#pathOf(profile, id, isPending);
    const file = await this.#reading(() => openToRead(path)).catch((error: unknown) => {
      throw isMissing(error) ? new DomainError('trash_entry_not_found') : error;
    });
    try {
      yield* linesOf(file);
    } finally {
      await file.close();
    }
  }

  /** Takes an entry out for good. @returns whether it was there. @throws {DomainError} `trash_unavailable` */
  async remove(profile: string, { id, isPending }: StoredEntry): Promise<boolean> {
    const path = this.#pathOf(profile, id, isPending);
    try {
      await rm(path);
    } catch (error) {
      if (isMissing(error)) return false;
      throw this.#failure(error);
    }
    this.#measured = undefined;
    return true;
  }

  /** What was written before a deletion is kept, now that it has happened. Never throws. */
  async confirm(profile: string, id: string): Promise<void> {
    const path = this.#pathOf(profile, id, false);
    try {
      await rename(this.#pathOf(profile, id, true), path);
      await this.#makeRoom(path);
    } catch (error) {
      // It stays as it is, and is shown for as long as the sessions are gone.
      this.#warning.warn(`An entry of the trash could not be put in its place: ${String(error)}`);
    }
  }

  /**
   * Removes what has been there for long enough, and what was cut short.
   * @param profiles of the history that is served here. @throws {DomainError} `trash_unavailable`
   */
  async tidy(profiles: readonly string[]): Promise<void> {
    for (const profile of profiles) this.#own.add(this.#folderOf(profile));
    for (const file of await this.#reading(() => this.#allFiles()))
      if (await this.#isOver(file)) await rm(file.path, { force: true });
    await this.#makeRoom();
  }

  /** Whether a file has been there for its time: as long as is said here, or where it is another history's, as was said there. */
  async #isOver(file: EntryFile): Promise<boolean> {
    const age = Date.now() - file.writtenAt;
    if (file.state === STATES.partial) return age > ABANDONED;
    if (this.#own.has(dirname(file.path))) return age > this.life * 1000;
    const keptUntil = (await this.#entryOf(file))?.head.keptUntil ?? Infinity;
    return Date.now() > keptUntil * 1000;
  }

  /**
   * Makes sure that what was written fits beside what must not give way to it, and leaves nothing of it where it does not.
   * @throws {DomainError} `trash_too_small`
   */
  async #requireRoom(path: string): Promise<void> {
    const most = this.settings.TRASH_MB * MEBIBYTE;
    const { size } = await stat(path);
    if (this.#measured !== undefined && this.#isMeasured() && this.#measured.bytes + size <= most) return;
    const staying = (await this.#ownFiles()).filter((file) => !givesWay(file));
    if (staying.reduce((sum, { bytes }) => sum + bytes, 0) <= most) return;
    await rm(path, { force: true });
    throw new DomainError('trash_too_small', {
      message:
        'What was deleted in the last ten minutes fills the trash, and can still be undone. Nothing more was deleted; set TRASH_MB higher, try again later, or delete without trash.',
    });
  }

  /** Whether it is known well enough how much there is. */
  #isMeasured(): boolean {
    return this.#measured !== undefined && Date.now() - this.#measured.at < MEASURED;
  }

  /** Removes the oldest of what is kept here while there is more than there may be. @param newest was just put there. */
  async #makeRoom(newest?: string): Promise<void> {
    const most = this.settings.TRASH_MB * MEBIBYTE;
    const known = this.#measured;
    if (known !== undefined && newest !== undefined && this.#isMeasured()) {
      known.bytes += (await stat(newest)).size;
      known.entries++;
      this.metrics.trashHolds(known);
      if (known.bytes <= most) return;
    }
    const files = [...(await this.#ownFiles())].sort((a, b) => a.writtenAt - b.writtenAt);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    let entries = files.length;
    const goal = bytes <= most ? most : (1 - FREED) * most;
    for (const file of files) {
      if (bytes <= goal) break;
      if (!givesWay(file)) continue;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
      entries--;
    }
    this.#measured = { at: Date.now(), entries, bytes };
    this.metrics.trashHolds(this.#measured);
  }

  async #discard(path: string): Promise<void> {
    await rm(path, { force: true }).catch((error: unknown) => {
      this.#warning.warn(`What is not deleted could not be taken out of the trash: ${String(error)}`);
    });
  }

  #mostBytes(): number {
    return Math.min(LARGEST_ENTRY, this.settings.TRASH_MB * MEBIBYTE);
  }

  /** A history has the same folder by whatever way it is reached. */
  #folderOf(profile: string): string {
    const name = createHash('sha256').update(JSON.stringify([realPath(this.settings.STATE_DB), profile]));
    return join(this.#root, name.digest('hex').slice(0, 24));
  }

  #pathOf(profile: string, id: string, isPending: boolean): string {
    return join(this.#folderOf(profile), `${id}.${isPending ? STATES.pending : STATES.kept}`);
  }

  async #allFiles(): Promise<readonly EntryFile[]> {
    const names = (await namesIn(this.#root)).filter((name) => HISTORY_FOLDER.test(name));
    return filesInEach(names.map((name) => join(this.#root, name)));
  }

  #ownFiles(): Promise<readonly EntryFile[]> {
    return filesInEach(this.#own);
  }

  /** Undefined where it is no entry of this release, or is gone by now. */
  async #entryOf({ id, path, state, bytes, writtenAt }: EntryFile): Promise<StoredEntry | undefined> {
    const key = `${id} ${bytes} ${writtenAt}`;
    const head = this.#heads.get(key) ?? (await this.#reading(() => readHead(path)));
    if (head === undefined) return undefined;
    if (this.#heads.size >= MOST_HEADS) this.#heads.clear();
    this.#heads.set(key, head);
    return { id, head, bytes, isPending: state === STATES.pending };
  }

  /** @throws {DomainError} `trash_unavailable` */
  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw isMissing(error) ? error : this.#failure(error);
    }
  }

  /** What the system says of the folder is for the log: it names paths. */
  #failure(error: unknown): unknown {
    if (!isOfSystem(error)) return error;
    this.#warning.warn(`The trash cannot be used: ${error.message}`);
    return new DomainError('trash_unavailable', { cause: error });
  }
}

/** @returns undefined for what is no entry of this release, or is not there any more. */
async function readHead(path: string): Promise<TrashHead | undefined> {
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
      if (end !== -1) return headOf(Buffer.concat(pieces).toString('utf8'));
      if (bytesRead < HEAD_PIECE) return undefined;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** A link would lead to what is no entry. */
function openToRead(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** Whether a file is removed where there is no room for others. */
function givesWay({ state, writtenAt }: EntryFile): boolean {
  return state === STATES.kept && writtenAt < Date.now() - UNDOABLE;
}

async function filesInEach(folders: Iterable<string>): Promise<readonly EntryFile[]> {
  const files: EntryFile[] = [];
  for (const folder of folders) files.push(...(await filesIn(folder)));
  return files;
}

async function filesIn(folder: string): Promise<readonly EntryFile[]> {
  const files: EntryFile[] = [];
  for (const name of await namesIn(folder)) {
    const [, id, state] = ENTRY_FILE.exec(name) ?? [];
    if (id === undefined || state === undefined) continue;
    const path = join(folder, name);
    // Another server may have removed it meanwhile.
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    files.push({ id, path, state, bytes: stats.size, writtenAt: stats.mtimeMs });
  }
  return files;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await lstat(folder)).isDirectory() ? await readdir(folder) : [];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** A name is on the disk once the folder that holds it is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return isOfSystem(error) && error.code === 'ENOENT';
}

/** Told by its form: errors of the system's own parts can be of another realm. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}
