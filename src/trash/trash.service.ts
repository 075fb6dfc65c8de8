import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import pLimit from 'p-limit';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../domain/errors.js';
import { epochSeconds } from '../domain/instant.js';
import { AuditLog } from '../logging/audit-log.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import { KeptLines } from '../sessions/trash/kept-session.js';
import { foldText } from '../sessions/search/search-text.js';
import { accessWithin, FULL_ACCESS, mayKnow, type SessionAccess } from '../domain/access.js';
import { UNFINISHED, type ImportedSession, type ImportOutcome } from '../sessions/session-import.js';
import { presenceOf, type Presence } from '../sessions/trash/session-presence.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import type { RestoredEntryResponse } from './dto/restored-entry.response.js';
import type { TrashAddressQuery } from './dto/trash-address.query.js';
import type { TrashListQuery } from './dto/trash-list.query.js';
import type { TrashEntryResponse, TrashListResponse } from './dto/trash-list.response.js';
import type { EmptiedTrashResponse, PurgedEntryResponse } from './dto/purged-entry.response.js';
import { holdsAll, sessionsIn } from './entry-sessions.js';
import { leftBehind, mayKnowEntry, newestFirst, type StoredEntry } from './trash-entry.js';
import { TrashFolder } from './trash-folder.js';
import { toTrashEntryResponse } from './trash-presenter.js';

/** How often expired entries are looked for, in milliseconds. */
const INTERVAL = 3600_000;

/** Entries to show, and entries that are not shown, each with the one shown in its place. */
interface ShownEntries {
  readonly entries: readonly StoredEntry[];
  readonly left: ReadonlyMap<StoredEntry, StoredEntry>;
}

/** Operations on the trash. A caller may see an entry if they could see its sessions. */
@Injectable()
export class TrashService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #warning = new RepeatedWarning(new Logger(TrashService.name));
  #timer: NodeJS.Timeout | undefined;
  /** Reads one entry at a time: it is read into memory completely, and may have hundreds of megabytes. */
  readonly #reading = pLimit(1);
  /** Entries that are being restored, or wait for it. */
  readonly #restoring = new Set<string>();

  constructor(
    private readonly folder: TrashFolder,
    private readonly repository: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly audit: AuditLog,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.folder.isOn) return;
    void this.#tidy();
    this.#timer = setInterval(() => void this.#tidy(), INTERVAL);
    this.#timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** One page of the trash, most recently deleted first. */
  async list(query: TrashListQuery, { access }: Principal): Promise<TrashListResponse> {
    const { search = '', offset, limit } = query;
    const wanted = foldText(search);
    const { entries: all } = await this.#entries(accessWithin(access, query));
    const entries = all
      .filter((entry) => wanted === '' || searchedText(entry).includes(wanted))
      .sort(newestFirst);
    return {
      object: 'list',
      data: entries.slice(offset, offset + limit).map((entry) => this.#present(entry, access)),
      total: entries.length,
      has_more: offset + limit < entries.length,
    };
  }

  /** @throws {DomainError} `trash_off`, `trash_entry_not_found` */
  async get(id: string, query: TrashAddressQuery, { access }: Principal): Promise<TrashEntryResponse> {
    return this.#present(await this.#find(id, accessWithin(access, query)), access);
  }

  /**
   * Restores the sessions of an entry to their history. Existing sessions are not changed.
   * @throws {DomainError} `session_exists`, `title_in_use`, `trash_entry_damaged`; and what importing throws.
   */
  async restore(id: string, query: TrashAddressQuery, caller: Principal): Promise<RestoredEntryResponse> {
    const access = accessWithin(caller.access, query);
    await this.#find(id, access);
    if (this.#restoring.has(id))
      throw new DomainError('session_exists', { message: 'The conversation is being restored already.' });
    this.#restoring.add(id);
    try {
      // Looked up again when its turn comes, because it may have changed or disappeared.
      return await this.#reading(async () => this.#restore(await this.#find(id, access), access, caller));
    } finally {
      this.#restoring.delete(id);
    }
  }

  async #restore(
    found: StoredEntry,
    access: SessionAccess,
    caller: Principal,
  ): Promise<RestoredEntryResponse> {
    const isLeft = found.state === 'restoring' && !(await this.folder.isTakenUp(found));
    const entry = await this.folder.takeUp(found);
    const { profile } = entry.head;
    const { imported, detached } = await this.#putBack(entry, access, caller).catch(
      async (error: unknown) => {
        // Another process that took it up before continues, unless that process has ended.
        if (isLeft || entry.state !== found.state) await this.folder.confirm(entry);
        throw error;
      },
    );
    const known = new Set(this.#knownIds(entry, access));
    return {
      object: 'hermes.session.restored',
      id: entry.id,
      session_id: entry.head.entry.id,
      profile,
      session_ids: imported.filter((session) => known.has(session)),
      detached,
    };
  }

  /** Imports the sessions of an entry that are missing, and removes the entry once all are present. */
  async #putBack(entry: StoredEntry, access: SessionAccess, caller: Principal): Promise<ImportOutcome> {
    const { profile } = entry.head;
    const sessions = await this.#sessionsOf(entry);
    const there = new Set<string>();
    const parts: string[] = [];
    for (const session of sessions) {
      const found = await this.#isThere(session, profile);
      if (found === 'whole') there.add(session.id);
      else if (found === 'part') parts.push(session.id);
    }
    const outcome = await this.sessions.restore(
      sessions,
      { access: accessWithin(access, { profile }), trashId: entry.id },
      caller,
    );
    if (parts.some((id) => !outcome.imported.includes(id)))
      throw new DomainError('session_exists', { message: RESTORED_IN_PART });
    if (outcome.imported.length === 0) throw new DomainError('session_exists');
    // Skipped sessions that appeared meanwhile have not been compared. If the entry cannot be removed after a restore, it is not shown
    // any more.
    if (outcome.skipped.every((session) => there.has(session)))
      await this.folder.remove(entry).catch(() => false);
    else await this.folder.confirm(entry);
    return outcome;
  }

  /** Deletes an entry for good. @throws {DomainError} `trash_entry_not_found`; `session_busy` while it is being restored */
  async purge(id: string, query: TrashAddressQuery, caller: Principal): Promise<PurgedEntryResponse> {
    const access = accessWithin(caller.access, query);
    for (;;) {
      const shown = await this.#entries(access, id);
      const entry = onlyOne(shown);
      if (await this.#isTakenUp(entry)) throw new DomainError('session_busy', { message: TAKEN_UP });
      // Otherwise its file was renamed meanwhile, or is gone.
      if (await this.#remove(entry, shown, caller))
        return { object: 'hermes.session.trash.purged', id, purged: true };
    }
  }

  /** Deletes everything that the caller may see, except entries that are being restored. */
  async empty(query: TrashAddressQuery, caller: Principal): Promise<EmptiedTrashResponse> {
    let purged = 0;
    const shown = await this.#entries(accessWithin(caller.access, query));
    for (const entry of shown.entries)
      if (!(await this.#isTakenUp(entry)) && (await this.#remove(entry, shown, caller))) purged++;
    return { object: 'hermes.session.trash.emptied', purged };
  }

  /** Whether somebody is restoring an entry. That takes time, and meanwhile the entry may be the only complete copy. */
  async #isTakenUp(entry: StoredEntry): Promise<boolean> {
    if (entry.state !== 'restoring') return false;
    return this.#restoring.has(entry.id) || (await this.folder.isTakenUp(entry));
  }

  /** Also removes other entries of the same session, left by deletions that did not happen. @returns whether it was still as found. */
  async #remove(entry: StoredEntry, { left }: ShownEntries, caller: Principal): Promise<boolean> {
    if (!(await this.#removeOne(entry, caller))) return false;
    for (const [other, shown] of left) if (shown === entry) await this.#removeOne(other, caller);
    return true;
  }

  /** Audits each removal before the next one. @returns whether it was still as found. */
  async #removeOne(entry: StoredEntry, { name: principal, requestId }: Principal): Promise<boolean> {
    if (!(await this.folder.removeFound(entry))) return false;
    const { profile, entry: session } = entry.head;
    this.audit.write({
      principal,
      request_id: requestId,
      action: 'purge',
      session_id: session.id,
      profile,
      origin: null,
      trash_id: entry.id,
    });
    return true;
  }

  /** The entries that the caller may see and that have not expired. @param id restricts them to one entry. */
  async #entries(access: SessionAccess, id?: string): Promise<ShownEntries> {
    if (!this.folder.isOn) throw new DomainError('trash_off');
    const names = await this.repository.profileNames(access);
    const found = await Promise.all(
      names.map(({ name }) =>
        id === undefined ? this.folder.entries(name) : this.folder.entryAmongPending(name, id),
      ),
    );
    const all = found.flat();
    const left = leftBehind(all);
    const oldest = epochSeconds() - this.folder.life;
    const entries: StoredEntry[] = [];
    for (const entry of all)
      if (
        (id === undefined || entry.id === id) &&
        !left.has(entry) &&
        entry.head.deletedAt >= oldest &&
        mayKnowEntry(access, entry.head) &&
        (entry.state === 'kept' || (await this.#stateOf(entry)) === 'gone')
      )
        entries.push(entry);
    return { entries, left };
  }

  async #find(id: string, access: SessionAccess): Promise<StoredEntry> {
    return onlyOne(await this.#entries(access, id));
  }

  /**
   * Whether the sessions of an entry are gone. A deletion removes all of them or none. A restore adds them one by one, so they count as
   * gone until all are present.
   */
  async #stateOf({ state, head }: StoredEntry): Promise<Presence> {
    const named = await presenceOf(this.repository, head.entry, head);
    if (state === 'pending' || named !== 'there') return named;
    for (const { id } of head.sessions) {
      const presence = await presenceOf(this.repository, { id }, head);
      if (presence !== 'there') return presence;
    }
    return 'there';
  }

  /** @throws {DomainError} `trash_entry_damaged` */
  #sessionsOf(entry: StoredEntry): Promise<readonly ImportedSession[]> {
    return sessionsIn(this.folder.lines(entry));
  }

  /**
   * Whether a session is already present because an earlier restore was interrupted. Another session may have its id by now, even with
   * the same start time, for example an imported one; the copy in the trash must not be given up for that.
   * @throws {DomainError} `session_exists`
   */
  async #isThere(session: ImportedSession, profile: string): Promise<'whole' | 'part' | 'gone'> {
    const { id, startedAt } = session;
    const there = await this.#storedAs(id, profile);
    if (there === undefined) return 'gone';
    const isSame = there.startedAt === startedAt;
    // A restore is in progress or was interrupted.
    if (isSame && there.more.end_reason === UNFINISHED) return 'part';
    if (isSame && holdsAll(there.messages, session.messages)) return 'whole';
    throw new DomainError('session_exists', { message: `Session already exists: ${id}` });
  }

  /** A stored session, whoever owns it, in the form in which the trash keeps sessions; undefined if there is none. */
  async #storedAs(id: string, profile: string): Promise<ImportedSession | undefined> {
    const kept = new KeptLines();
    try {
      const options = { force: true, lineage: false, onlyRead: true };
      const { lines } = await this.repository.take(id, options, accessWithin(FULL_ACCESS, { profile }));
      for await (const line of lines) kept.add(line);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'session_not_found') return undefined;
      throw error;
    }
    return kept.sessions().find((session) => session.id === id);
  }

  #present(entry: StoredEntry, access: SessionAccess): TrashEntryResponse {
    return toTrashEntryResponse(entry, this.#knownIds(entry, access), this.folder.life);
  }

  /** The caller may not see some of the delegates, which often have no owner. */
  #knownIds({ head }: StoredEntry, access: SessionAccess): readonly string[] {
    return head.sessions.filter((session) => mayKnow(access, session)).map(({ id }) => id);
  }

  async #tidy(): Promise<void> {
    await this.#tried(async () => {
      const profiles = (await this.repository.profileNames(FULL_ACCESS)).map(({ name }) => name);
      await this.folder.tidy(profiles);
      // A failure in one profile must not stop the others.
      for (const name of profiles) await this.#tried(() => this.#settleAll(name));
    });
  }

  async #tried(tidy: () => Promise<void>): Promise<void> {
    try {
      await tidy();
    } catch (error) {
      this.#warning.warn(`The trash could not be tidied: ${String(error)}`);
    }
  }

  /** Settles the entries of processes that ended during a deletion or a restore. */
  async #settleAll(profile: string): Promise<void> {
    const isOver = new Set((await this.folder.abandoned(profile)).map(({ id }) => id));
    // Reads all heads, so that the first request for the list finds them cached.
    const entries = await this.folder.entries(profile);
    // Pending entries that are not abandoned may still be discarded, so they do not replace others.
    const left = leftBehind(entries.filter(({ id, state }) => state === 'kept' || isOver.has(id)));
    for (const entry of entries.filter(({ id }) => isOver.has(id)))
      // An entry that cannot be compared must not stop the others.
      await this.#tried(() => this.#reading(() => this.#settle(entry, left.get(entry))));
  }

  /** @param later a newer entry of the same session, written when the session still existed. */
  async #settle(entry: StoredEntry, later: StoredEntry | undefined): Promise<void> {
    const state = await this.#stateOf(entry);
    if (state === 'unknown') return;
    const isElsewhere =
      state === 'there'
        ? await this.#isAllThere(entry)
        : later !== undefined && (await this.#isAllIn(later, entry));
    if (isElsewhere) await this.folder.removeFound(entry);
    else await this.folder.confirm(entry);
  }

  /** Whether another entry contains everything that an entry contains. */
  async #isAllIn(other: StoredEntry, entry: StoredEntry): Promise<boolean> {
    try {
      const sessions = new Map((await this.#sessionsOf(other)).map((session) => [session.id, session]));
      return (await this.#sessionsOf(entry)).every(({ id, messages }) =>
        holdsAll(sessions.get(id)?.messages, messages),
      );
    } catch (error) {
      if (error instanceof DomainError && LEFT_ALONE.has(error.code)) return false;
      throw error;
    }
  }

  /** Whether the history still has everything that an entry contains, so that the entry can be removed. */
  async #isAllThere(entry: StoredEntry): Promise<boolean> {
    try {
      for (const session of await this.#sessionsOf(entry))
        if ((await this.#isThere(session, entry.head.profile)) !== 'whole') return false;
      return true;
    } catch (error) {
      // Another session has its id, or the entry cannot be read any more.
      if (error instanceof DomainError && LEFT_ALONE.has(error.code)) return false;
      throw error;
    }
  }
}

const TAKEN_UP =
  'The conversation is being restored, or was until its server ended. Nothing was deleted; try again in ten minutes.';

const RESTORED_IN_PART =
  'A part of the conversation is there: somebody is restoring it, or that ended half-way. Try again in a minute.';

/** Failures after which an entry is kept, because it cannot be compared. */
const LEFT_ALONE: ReadonlySet<string> = new Set([
  'session_exists',
  'trash_entry_damaged',
  'trash_entry_not_found',
]);

/** @throws {DomainError} `trash_entry_not_found` */
function onlyOne({ entries: [entry] }: ShownEntries): StoredEntry {
  if (entry === undefined) throw new DomainError('trash_entry_not_found');
  return entry;
}

/** The text that searches for entries compare. */
function searchedText({ head: { entry } }: StoredEntry): string {
  return foldText(`${entry.title ?? ''}\n${entry.preview}`);
}
