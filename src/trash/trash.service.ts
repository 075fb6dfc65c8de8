import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import pLimit from 'p-limit';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../domain/errors.js';
import { AuditLog } from '../logging/audit-log.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import { KeptLines } from '../sessions/kept-session.js';
import { foldText } from '../sessions/search/search-text.js';
import { accessWithin, FULL_ACCESS, mayKnow, type SessionAccess } from '../sessions/session-access.js';
import { UNFINISHED, type ImportedSession, type ImportOutcome } from '../sessions/session-import.js';
import { presenceOf, type Presence } from '../sessions/session-presence.js';
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

/** How often it is looked for what has been kept for long enough, in milliseconds. */
const INTERVAL = 3600_000;

/** Entries that are shown, and others, each with the one that is shown in its place. */
interface ShownEntries {
  readonly entries: readonly StoredEntry[];
  readonly left: ReadonlyMap<StoredEntry, StoredEntry>;
}

/** What can be done with what was deleted and kept. Somebody may know of an entry as they might of its sessions. */
@Injectable()
export class TrashService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #warning = new RepeatedWarning(new Logger(TrashService.name));
  #timer: NodeJS.Timeout | undefined;
  /** An entry is read into memory as a whole, and may be of hundreds of megabytes: one at a time is. */
  readonly #reading = pLimit(1);
  /** What is being put back, or waits for its turn. */
  readonly #restoring = new Set<string>();

  constructor(
    @Inject(TrashFolder) private readonly folder: TrashFolder,
    @Inject(SessionsRepository) private readonly repository: SessionsRepository,
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(AuditLog) private readonly audit: AuditLog,
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

  /** One page of what is there, the last deleted first. */
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
   * Puts the sessions of an entry back into their history. What is there stays as it is.
   * @throws {DomainError} `session_exists`, `title_in_use`, `trash_entry_damaged`; and what importing throws.
   */
  async restore(id: string, query: TrashAddressQuery, caller: Principal): Promise<RestoredEntryResponse> {
    const access = accessWithin(caller.access, query);
    await this.#find(id, access);
    if (this.#restoring.has(id))
      throw new DomainError('session_exists', { message: 'The conversation is being restored already.' });
    this.#restoring.add(id);
    try {
      // Of what it is, and whether it is there yet, only its turn tells.
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
        // Whoever has taken it up before goes on with it, unless that is over.
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

  /** Puts back what of an entry is not there, and takes it out of the trash once all of it is. */
  async #putBack(entry: StoredEntry, access: SessionAccess, caller: Principal): Promise<ImportOutcome> {
    const { profile } = entry.head;
    const sessions = await this.#sessionsOf(entry);
    const there = new Set<string>();
    const isPart: boolean[] = [];
    for (const session of sessions) {
      const found = await this.#isThere(session, profile);
      if (found === 'whole') there.add(session.id);
      isPart.push(found === 'part');
    }
    const outcome = await this.sessions.restore(
      sessions,
      { access: accessWithin(access, { profile }), trashId: entry.id },
      caller,
    );
    if (outcome.imported.length === 0)
      throw new DomainError('session_exists', isPart.includes(true) ? { message: RESTORED_IN_PART } : {});
    // What came meanwhile nobody has looked at. What is back is back: an entry that cannot be removed is not shown.
    if (outcome.skipped.every((session) => there.has(session)))
      await this.folder.remove(entry).catch(() => false);
    else await this.folder.confirm(entry);
    return outcome;
  }

  /** Takes an entry out for good. @throws {DomainError} `trash_entry_not_found`; `session_busy` while it is put back */
  async purge(id: string, query: TrashAddressQuery, caller: Principal): Promise<PurgedEntryResponse> {
    const access = accessWithin(caller.access, query);
    for (;;) {
      const shown = await this.#entries(access, id);
      const entry = onlyOne(shown);
      if (await this.#isTakenUp(entry)) throw new DomainError('session_busy', { message: TAKEN_UP });
      // Else it got another name meanwhile, or is gone.
      if (await this.#remove(entry, shown, caller))
        return { object: 'hermes.session.trash.purged', id, purged: true };
    }
  }

  /** Takes out everything that somebody may know of, but for what is being put back. */
  async empty(query: TrashAddressQuery, caller: Principal): Promise<EmptiedTrashResponse> {
    let purged = 0;
    const shown = await this.#entries(accessWithin(caller.access, query));
    for (const entry of shown.entries)
      if (!(await this.#isTakenUp(entry)) && (await this.#remove(entry, shown, caller))) purged++;
    return { object: 'hermes.session.trash.emptied', purged };
  }

  /** Whether somebody puts an entry back, which takes as long as it takes: what is there of it then is all that there is. */
  async #isTakenUp(entry: StoredEntry): Promise<boolean> {
    if (entry.state !== 'restoring') return false;
    return this.#restoring.has(entry.id) || (await this.folder.isTakenUp(entry));
  }

  /** With it goes what was left of the same session by deletions that did not happen. @returns whether it was as it was found. */
  async #remove(entry: StoredEntry, { left }: ShownEntries, caller: Principal): Promise<boolean> {
    if (!(await this.#removeOne(entry, caller))) return false;
    for (const [other, shown] of left) if (shown === entry) await this.#removeOne(other, caller);
    return true;
  }

  /** Says of each what became of it before the next one goes. @returns whether it was as it was found. */
  async #removeOne(entry: StoredEntry, { name: principal, requestId }: Principal): Promise<boolean> {
    if (!(await this.folder.removeFound(entry))) return false;
    const { profile, entry: session } = entry.head;
    this.audit.write({
      ...{ principal, request_id: requestId, action: 'purge' },
      ...{ session_id: session.id, profile, origin: null },
      trash_id: entry.id,
    });
    return true;
  }

  /** What somebody may know of, and what has not been there for long enough. @param id of the one that is wanted alone. */
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
    const oldest = Date.now() / 1000 - this.folder.life;
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
   * Whether the sessions of an entry are gone. A deletion takes all of them or none; they come back one after the other, and are gone until all are
   * there.
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
   * Whether a session is there already, since restoring was ended half-way. Another one may have the id by now, even one that began at the same
   * moment, as one that was imported does: what is only in the trash is not given up for it.
   * @throws {DomainError} `session_exists`
   */
  async #isThere(session: ImportedSession, profile: string): Promise<'whole' | 'part' | 'gone'> {
    const { id, startedAt } = session;
    const there = await this.#storedAs(id, profile);
    if (there === undefined) return 'gone';
    const isSame = there.startedAt === startedAt;
    // Somebody is about to put it back, or was.
    if (isSame && there.more.end_reason === UNFINISHED) return 'part';
    if (isSame && holdsAll(there.messages, session.messages)) return 'whole';
    throw new DomainError('session_exists', { message: `Session already exists: ${id}` });
  }

  /** A session that is there, whosever it is, as the trash would keep it; undefined where there is none. */
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

  /** Delegates of somebody's own often are nobody's. */
  #knownIds({ head }: StoredEntry, access: SessionAccess): readonly string[] {
    return head.sessions.filter((session) => mayKnow(access, session)).map(({ id }) => id);
  }

  async #tidy(): Promise<void> {
    await this.#tried(async () => {
      const profiles = (await this.repository.profileNames(FULL_ACCESS)).map(({ name }) => name);
      await this.folder.tidy(profiles);
      // What cannot be read of one keeps nobody from what others left.
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

  /** Comes to an end with what processes left that ended while they deleted, or put back. */
  async #settleAll(profile: string): Promise<void> {
    const isOver = new Set((await this.folder.abandoned(profile)).map(({ id }) => id));
    // Whoever asks for a list first finds them read.
    const entries = await this.folder.entries(profile);
    // One that is being written may still be taken back: it takes the place of none.
    const left = leftBehind(entries.filter(({ id, state }) => state === 'kept' || isOver.has(id)));
    for (const entry of entries.filter(({ id }) => isOver.has(id)))
      // One that cannot be compared keeps no other.
      await this.#tried(() => this.#reading(() => this.#settle(entry, left.get(entry))));
  }

  /** @param later of the same session, which was written when it was still there. */
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

  /** Whether another entry has all that an entry has. */
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

  /** Whether a history still has all that an entry has, so that nothing is lost with it. */
  async #isAllThere(entry: StoredEntry): Promise<boolean> {
    try {
      for (const session of await this.#sessionsOf(entry))
        if ((await this.#isThere(session, entry.head.profile)) !== 'whole') return false;
      return true;
    } catch (error) {
      // Another session has its id, or nobody can read any more what there is to compare.
      if (error instanceof DomainError && LEFT_ALONE.has(error.code)) return false;
      throw error;
    }
  }
}

const TAKEN_UP =
  'The conversation is being restored, or was until its server ended. Nothing was deleted; try again in ten minutes.';

const RESTORED_IN_PART =
  'A part of the conversation is there: somebody is restoring it, or that ended half-way. Try again in a minute.';

/** Why an entry stays that cannot be compared with its session. */
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

/** What an entry is found by. */
function searchedText({ head: { entry } }: StoredEntry): string {
  return foldText(`${entry.title ?? ''}\n${entry.preview}`);
}
