import { createHash, randomBytes } from 'node:crypto';
import { chmod, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { makeFolder } from '../config/make-folder.js';
import { realPath } from '../config/real-path.js';
import { Settings } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { AuditLog } from '../logging/audit-log.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import { Metrics } from '../metrics/metrics.js';
import type { TakenSessions } from '../sessions/kept-session.js';
import { SessionTrash, type KeptEntry } from '../sessions/session-trash.js';
import { linesOf, writeEntry } from './entry-file.js';
import {
  entryFiles,
  entryNames,
  fileOf,
  historyFolders,
  isMissing,
  isOfSystem,
  isWhole,
  openToRead,
  pathOf,
  syncFolder,
  WHOLE_STATES,
  type EntryFile,
  type EntryName,
  type WholeState,
} from './entry-files.js';
import { EntryHeads, readEntry } from './entry-heads.js';
import { FORM, type StoredEntry, type TrashHead } from './trash-entry.js';
import { TrashRoom } from './trash-room.js';

const MEBIBYTE = 1024 * 1024;

/** Bytes of one entry at most, since it is restored in memory. */
const LARGEST_ENTRY = 256 * MEBIBYTE;

/** What nobody has written to for so long is left by a process that ended, in milliseconds. */
const ABANDONED = 600_000;

/**
 * The folder in which entries lie, each a file of JSON Lines: a head, the rows, and an end. They have random names, in a folder for each
 * history, so that several servers and histories can share it; of what is another history's each takes out only what has been kept for its
 * time.
 */
@Injectable()
export class TrashFolder extends SessionTrash {
  readonly #logger = new Logger(TrashFolder.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #heads = new EntryHeads();
  readonly isOn: boolean;
  /** Where entries lie: links within it lead to what is none. */
  readonly #root: string;
  /** Folders of the histories that are served here. */
  readonly #own = new Set<string>();
  readonly #room: TrashRoom;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(Metrics) metrics: Metrics,
    @Inject(AuditLog) private readonly audit: AuditLog,
  ) {
    super();
    this.isOn = settings.TRASH_DIR !== '' && settings.DATABASE_URL === '';
    this.#root = realPath(settings.TRASH_DIR);
    this.#room = new TrashRoom({
      folders: this.#own,
      most: settings.TRASH_MB * MEBIBYTE,
      takeOut: (file) => this.#expire(file, 'TRASH_MB'),
      onHeld: (held) => {
        metrics.trashHolds(held);
      },
    });
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
      makeFolder(folder);
      const partial = pathOf(folder, id, 'partial');
      const { digest, bytes } = await writeEntry(partial, { head, lines, most: this.#mostBytes() });
      await this.#letIn(bytes, partial, pathOf(folder, id, 'pending'));
      await syncFolder(folder);
      const written: StoredEntry = { id, head, bytes, state: 'pending' };
      return {
        id,
        digest,
        confirm: () => this.confirm(written),
        discard: () => this.#discard(written),
      };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** What does not fit leaves nothing. @throws {DomainError} `trash_too_small` */
  async #letIn(bytes: number, partial: string, pending: string): Promise<void> {
    try {
      await this.#room.letIn(bytes, () => rename(partial, pending));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Entries of a profile, the last deleted first. @throws {DomainError} `trash_unavailable` */
  async entries(profile: string): Promise<readonly StoredEntry[]> {
    const entries = await this.#reading(() => this.#heads.list(this.#folderOf(profile)));
    return entries.filter(({ head }) => head.profile === profile);
  }

  /**
   * One entry of a profile, and all that were left by deletions which may not have happened.
   * @throws {DomainError} `trash_unavailable`
   */
  async entryAmongPending(profile: string, id: string): Promise<readonly StoredEntry[]> {
    return this.#reading(async () => {
      const names = await entryNames(this.#folderOf(profile));
      return this.#read(
        profile,
        names.filter((name) => name.id === id || name.state === 'pending'),
      );
    });
  }

  /** Entries of a profile of which it must be known by now whether their sessions are gone, and nobody has said so. */
  async abandoned(profile: string): Promise<readonly StoredEntry[]> {
    return this.#reading(async () => {
      const names = (await entryNames(this.#folderOf(profile))).filter(isWhole);
      const entries = await this.#read(
        profile,
        names.filter(({ state }) => state !== 'kept'),
      );
      const left: StoredEntry[] = [];
      for (const entry of entries) if (await this.#isAbandoned(entry)) left.push(entry);
      return left;
    });
  }

  async #isAbandoned({ id, state, head }: StoredEntry): Promise<boolean> {
    const path = this.#pathOf(head.profile, id, state);
    const since =
      state === 'pending' ? head.deletedAt * 1000 : (await fileOf({ id, state, path }))?.changedAt;
    return since !== undefined && Date.now() - since > ABANDONED;
  }

  /** Whether somebody is putting an entry back, here or by another server, or was until a moment ago. */
  async isTakenUp({ id, state, head }: StoredEntry): Promise<boolean> {
    const file = await fileOf({ id, state, path: this.#pathOf(head.profile, id, state) });
    return file !== undefined && isTakenUp(file);
  }

  async #read(profile: string, names: readonly EntryName[]): Promise<readonly StoredEntry[]> {
    const entries: StoredEntry[] = [];
    for (const name of names.filter(isWhole)) {
      const entry = await readEntry(name);
      if (entry?.head.profile === profile) entries.push(entry);
    }
    return entries;
  }

  /** The lines of an entry, its head and its end included. @throws {DomainError} `trash_unavailable`, `trash_entry_not_found` */
  async *lines({ id, state, head: { profile } }: StoredEntry): AsyncGenerator<string> {
    const path = this.#pathOf(profile, id, state);
    const file = await this.#reading(() => openToRead(path)).catch((error: unknown) => {
      throw isMissing(error) ? new DomainError('trash_entry_not_found') : error;
    });
    try {
      yield* linesOf(file);
    } finally {
      await file.close();
    }
  }

  /** Takes an entry out for good, as whatever it lies there by now. @returns whether it was there. @throws {DomainError} `trash_unavailable` */
  remove(entry: StoredEntry): Promise<boolean> {
    return this.#remove(entry, WHOLE_STATES);
  }

  /**
   * As {@link remove}, of one that still lies there as it was found: whoever has taken it up since, to put it back, has it under another name.
   * Only one of the two can have the file.
   */
  removeFound(entry: StoredEntry): Promise<boolean> {
    return this.#remove(entry, [entry.state]);
  }

  async #remove(
    { id, bytes, head: { profile } }: StoredEntry,
    states: readonly WholeState[],
  ): Promise<boolean> {
    let isGone = false;
    for (const state of states) {
      try {
        await rm(this.#pathOf(profile, id, state));
        isGone = true;
      } catch (error) {
        if (!isMissing(error)) throw this.#failure(error);
      }
    }
    if (isGone) this.#room.isLeft(bytes);
    return isGone;
  }

  /** It is known that the sessions of an entry are gone. Never throws. */
  async confirm({ id, state, head: { profile } }: StoredEntry): Promise<void> {
    // What stays as it is is shown for as long as the sessions are gone.
    if (await this.#rename({ profile, id, from: state, to: 'kept' })) await this.#makeRoom();
  }

  /**
   * Notes that an entry is about to be put back. Never throws: where it cannot be noted, a process that ends before it is taken out leaves it in the list.
   * @returns the entry as it lies then.
   */
  async takeUp(entry: StoredEntry): Promise<StoredEntry> {
    const { id, state: from, head } = entry;
    if (from === 'restoring') {
      // What another process has left is taken up anew: its file is changed, though nothing of it is.
      await chmod(this.#pathOf(head.profile, id, from), 0o600).catch(() => undefined);
      return entry;
    }
    const isNoted = await this.#rename({ profile: head.profile, id, from, to: 'restoring' });
    return isNoted ? { ...entry, state: 'restoring' } : entry;
  }

  /** Never throws. @returns whether it has the other name. */
  async #rename({ profile, id, from, to }: Renaming): Promise<boolean> {
    try {
      await rename(this.#pathOf(profile, id, from), this.#pathOf(profile, id, to));
      return true;
    } catch (error) {
      this.#warning.warn(`An entry of the trash could not be put in its place: ${String(error)}`);
      return false;
    }
  }

  async #makeRoom(): Promise<void> {
    await this.#room.make().catch((error: unknown) => {
      this.#warning.warn(`What there is no room for in the trash could not be taken out: ${String(error)}`);
    });
  }

  /**
   * Removes what has been there for long enough, and what was cut short.
   * @param profiles of the history that is served here. @throws {DomainError} `trash_unavailable`
   */
  async tidy(profiles: readonly string[]): Promise<void> {
    for (const profile of profiles) this.#own.add(this.#folderOf(profile));
    const files = await this.#reading(async () => entryFiles(await historyFolders(this.#root)));
    for (const file of files) if (await this.#isOver(file)) await this.#expire(file, 'TRASH_DAYS');
    await this.#room.makeAnew();
  }

  /** Takes out for good what nobody asked for. Of several servers that share the folder the one that does it says so. */
  async #expire(file: EntryFile, reason: 'TRASH_DAYS' | 'TRASH_MB'): Promise<void> {
    const entry = isWhole(file) ? await readEntry(file).catch(() => undefined) : undefined;
    try {
      await rm(file.path);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    if (!entry) return;
    const { entry: session, profile } = entry.head;
    this.audit.write({
      ...{ principal: null, action: 'purge', session_id: session.id, profile, origin: null },
      ...{ trash_id: file.id, reason },
    });
  }

  /** Whether a file has been there for its time: as long as is said here, or where it is another history's, as was said there. */
  async #isOver(file: EntryFile): Promise<boolean> {
    const age = Date.now() - file.writtenAt;
    if (!isWhole(file)) return age > ABANDONED;
    if (isTakenUp(file)) return false;
    if (this.#own.has(dirname(file.path))) return age > this.life * 1000;
    const keptUntil = (await this.#reading(() => readEntry(file)))?.head.keptUntil ?? Infinity;
    return Date.now() > keptUntil * 1000;
  }

  async #discard(entry: StoredEntry): Promise<void> {
    await this.removeFound(entry).catch((error: unknown) => {
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

  #pathOf(profile: string, id: string, state: WholeState): string {
    return pathOf(this.#folderOf(profile), id, state);
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

/** Whether somebody is putting back what a file holds, or was until a moment ago. */
function isTakenUp({ state, changedAt }: EntryFile): boolean {
  return state === 'restoring' && Date.now() - changedAt <= ABANDONED;
}

/** An entry that gets another name. */
interface Renaming {
  readonly profile: string;
  readonly id: string;
  readonly from: WholeState;
  readonly to: WholeState;
}
