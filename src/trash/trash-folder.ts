import { createHash, randomBytes } from 'node:crypto';
import { chmod, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { makeFolder } from '../config/make-folder.js';
import { realPath } from '../config/real-path.js';
import { Settings } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { epochSeconds } from '../domain/instant.js';
import { AuditLog } from '../logging/audit-log.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import { Metrics } from '../metrics/metrics.js';
import type { TakenSessions } from '../sessions/trash/kept-session.js';
import { SessionTrash, type KeptEntry } from '../sessions/trash/session-trash.js';
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

/** Most bytes of one entry, because it is restored in memory. */
const LARGEST_ENTRY = 256 * MEBIBYTE;

/** After this many milliseconds without a change, an unfinished file counts as left by a process that has ended. */
const ABANDONED = 600_000;

/**
 * The folder of entries. Each entry is a file of JSON Lines: a head, the rows, and an end. The files have random names, in one subfolder
 * per history, so that several servers and histories can share the folder. In other histories' subfolders a server only removes expired
 * entries.
 */
@Injectable()
export class TrashFolder extends SessionTrash {
  readonly #logger = new Logger(TrashFolder.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #heads = new EntryHeads();
  readonly isOn: boolean;
  /** The folder with symbolic links resolved; links within it are not followed. */
  readonly #root: string;
  /** Subfolders of the histories that this server serves. */
  readonly #own = new Set<string>();
  readonly #room: TrashRoom;

  constructor(
    private readonly settings: Settings,
    metrics: Metrics,
    private readonly audit: AuditLog,
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
    const now = epochSeconds();
    const head: TrashHead = {
      object: 'hermes.session.trash',
      form: FORM,
      profile,
      deletedAt: now,
      deletedBy: by,
      keptUntil: now + this.life,
      entry,
      sessions,
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

  /** Moves a written file into place if there is room; otherwise deletes it. @throws {DomainError} `trash_too_small` */
  async #letIn(bytes: number, partial: string, pending: string): Promise<void> {
    try {
      await this.#room.letIn(bytes, () => rename(partial, pending));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Entries of a profile, most recently deleted first. @throws {DomainError} `trash_unavailable` */
  async entries(profile: string): Promise<readonly StoredEntry[]> {
    const entries = await this.#reading(() => this.#heads.list(this.#folderOf(profile)));
    return entries.filter(({ head }) => head.profile === profile);
  }

  /**
   * One entry of a profile, and all pending ones, whose deletions may not have happened.
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

  /** Unconfirmed entries of a profile whose deletion or restore must have ended by now. */
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

  /** Whether somebody is restoring an entry, on this or another server, or was until recently. */
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

  /** The lines of an entry, including head and end. @throws {DomainError} `trash_unavailable`, `trash_entry_not_found` */
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

  /** Deletes an entry for good, in whatever state it is by now. @returns whether it existed. @throws {DomainError} `trash_unavailable` */
  remove(entry: StoredEntry): Promise<boolean> {
    return this.#remove(entry, WHOLE_STATES);
  }

  /**
   * As {@link remove}, but only if the entry is still in the state in which it was found. A restore renames the file, so only one of the
   * two can succeed.
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

  /** Records that the sessions of an entry are gone. Never throws. */
  async confirm({ id, state, head: { profile } }: StoredEntry): Promise<void> {
    // If the rename fails, the entry is still shown as long as its sessions are gone.
    if (await this.#rename({ profile, id, from: state, to: 'kept' })) await this.#makeRoom();
  }

  /**
   * Marks an entry as being restored. Never throws. If it cannot be marked, and the process ends before it removes the entry, the entry
   * stays in the list.
   * @returns the entry in its new state.
   */
  async takeUp(entry: StoredEntry): Promise<StoredEntry> {
    const { id, state: from, head } = entry;
    if (from === 'restoring') {
      // Taking up another process's entry only updates the time of the file's last change.
      await chmod(this.#pathOf(head.profile, id, from), 0o600).catch(() => undefined);
      return entry;
    }
    const isNoted = await this.#rename({ profile: head.profile, id, from, to: 'restoring' });
    return isNoted ? { ...entry, state: 'restoring' } : entry;
  }

  /** Never throws. @returns whether the file was renamed. */
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
   * Removes expired entries and unfinished files.
   * @param profiles of the history that is served here. @throws {DomainError} `trash_unavailable`
   */
  async tidy(profiles: readonly string[]): Promise<void> {
    for (const profile of profiles) this.#own.add(this.#folderOf(profile));
    const files = await this.#reading(async () => entryFiles(await historyFolders(this.#root)));
    for (const file of files) if (await this.#isOver(file)) await this.#expire(file, 'TRASH_DAYS');
    await this.#room.makeAnew();
  }

  /** Removes an expired or displaced entry for good. Of several servers that share the folder, the one that removes the file audits it. */
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
      principal: null,
      action: 'purge',
      session_id: session.id,
      profile,
      origin: null,
      trash_id: file.id,
      reason,
    });
  }

  /** Whether a file has expired: by this server's setting, or for another history by the time in its head. */
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

  /** The real path gives a history the same folder, whichever path leads to it. */
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

  /** The system's message contains paths, so it goes to the log only. */
  #failure(error: unknown): unknown {
    if (!isOfSystem(error)) return error;
    this.#warning.warn(`The trash cannot be used: ${error.message}`);
    return new DomainError('trash_unavailable', { cause: error });
  }
}

/** Whether somebody is restoring the entry in a file, or was until recently. */
function isTakenUp({ state, changedAt }: EntryFile): boolean {
  return state === 'restoring' && Date.now() - changedAt <= ABANDONED;
}

/** A change of an entry's state, which renames its file. */
interface Renaming {
  readonly profile: string;
  readonly id: string;
  readonly from: WholeState;
  readonly to: WholeState;
}
