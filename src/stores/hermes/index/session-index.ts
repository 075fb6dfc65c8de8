import { setImmediate as nextTurn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { errorCode } from '../../../config/error-code.js';
import { DomainError } from '../../../domain/errors.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import type { IndexSource, SqliteReader } from '../file/sqlite-reader.js';
import { BEFORE_ALL_ROWS } from '../file/rowids.js';
import { isSqliteFailure, toStoreError } from '../file/sqlite-failure.js';
import { isSameFile, stampOf } from '../file/state-db-file.js';
import { countSessions, endsOf, isOther } from './history-size.js';
import { BREAKS, NO_PLACE, sqliteFailureIn, WRITE_FAILURES } from './index-failures.js';
import { removeForsakenIndexes } from './forsaken-indexes.js';
import {
  createIndex,
  createIndexInMemory,
  installIndex,
  isIntact,
  isProven,
  leaveCheckpoints,
  openIndex,
  prove,
  UnusableIndexError,
} from './index-file.js';
import { OwnComparison, ThreadComparison } from './index-comparison.js';
import { IndexFollowing } from './index-following.js';
import { IndexPlace, reasonOf } from './index-place.js';
import type { IndexThread } from './index-thread.js';
import type { IndexBeginning } from './index-worker.js';
import type { IndexListener, IndexWriter } from './index-writer.js';
import { IndexedHistory, type IndexIdentity } from './indexed-history.js';

/** Sessions that the thread reads per batch: the lock is held for some milliseconds. */
const BUILD_SLICE = 1000;

/** Sessions read per batch for an index in memory, which blocks all other requests meanwhile. */
const MEMORY_SLICE = 200;

/** If the index of a damaged file could not be built, building pauses for this many times the duration of the attempt. */
const BUILD_REST = 5;

/** For how long an intact index is not checked again after a failure, in milliseconds: a check reads the whole index. */
const INTACT_FOR = 10_000;

/** How often an answer is tried if its index breaks. */
const MAX_ATTEMPTS = 3;

/** How often an answer waits for catching up in batches, before it follows the remaining changes in one piece. */
const MAX_CATCH_UPS = 2;

/** Transactions after which the journal of the index is checkpointed; each adds some 100 KiB to it. */
const CHECKPOINT_EVERY = 100;

/** Where an index lies: in the configured folder, in one that is removed when the server ends, or in memory. */
type PlaceKind = 'kept' | 'temporary' | 'memory';

/** One snapshot of the file, with an index that follows it. */
export type IndexView = Pick<
  IndexedHistory,
  | 'reader'
  | 'layout'
  | 'source'
  | 'dataVersion'
  | 'isCompared'
  | 'known'
  | 'recheck'
  | 'slices'
  | 'transactions'
>;

/** An index that is open for writing. */
interface OpenIndex {
  readonly writer: IndexWriter;
  /** Where the file ended when building the index began; undefined if the index was not built just now. */
  readonly beginning?: IndexBeginning;
}

/**
 * Facts about every session that no index of the file gives: last activity, lineage, what is listed. It lies in a disposable file of our own, and
 * follows the history in three ways: before each answer by what is cheap to see; for the rows of an answer by reading them again; and for everything
 * else by a thread that compares all rows. A kept index is not trusted before it is known to be equal.
 */
export class SessionIndex {
  /** How many index files this process has opened. */
  static #openings = 0;

  readonly #logger = new Logger(SessionIndex.name);
  #place: IndexPlace | undefined;
  /** The best kind of place that has not failed yet. */
  #placeKind: PlaceKind = 'kept';
  #attachedTo: SqliteReader | undefined;
  #writer: IndexWriter | undefined;
  #built: IndexedHistory | undefined;
  #building: Promise<void> | undefined;
  /** Why the index of a history could not be built, and the time before which building is not tried again. */
  #failed: { readonly history: OpenHistory; readonly error: unknown; readonly until: number } | undefined;
  #progress = { done: 0, total: 0 };
  #refreshedAt: number | undefined;
  /** The failure of the index's place, until another place is taken. */
  #lost: { readonly error: unknown } | undefined;
  /** Until when the index is assumed to be intact, by `performance.now()`. */
  #intactUntil = 0;
  #following: IndexFollowing | undefined;
  /** The transaction count at the last checkpoint. */
  #checkpointed = 0;
  readonly #listeners = new Set<IndexListener>();
  #isClosed = false;
  /** The last logged number of session rows that are left out. */
  #unlistedRows = 0;

  constructor(
    private readonly connection: HermesConnection,
    private readonly thread: IndexThread,
    private readonly folder: string,
  ) {}

  /** Sessions indexed so far and in all, while the index is being built. */
  get progress(): { readonly done: number; readonly total: number } {
    return this.#progress;
  }

  /** Row counts of the index; zero before it is built. */
  get sizes(): { readonly sessions: number; readonly messages: number } {
    return this.#built?.sizes ?? { sessions: 0, messages: 0 };
  }

  /** Session rows that no answer contains, since their ids are unusable; as far as is known. */
  get unlistedRows(): number {
    return this.#unlistedRows;
  }

  /** Milliseconds since the index was last known to be up to date; undefined before it is built. */
  get age(): number | undefined {
    return this.#refreshedAt === undefined ? undefined : performance.now() - this.#refreshedAt;
  }

  /**
   * Whether requests can be answered now; starts building the index if it is not built.
   * @throws {DomainError} why they cannot: `store_unavailable`, `store_corrupt` or `store_busy`
   */
  async check(): Promise<boolean> {
    if (await this.#isReady()) {
      await this.snapshot(() => undefined);
      return true;
    }
    this.start();
    if (this.#failed?.history === (await this.connection.current())) throw toStoreError(this.#failed.error);
    return false;
  }

  /** Starts building in the background; the next request reports a failure. */
  start(): void {
    void this.prepared();
  }

  /** Waits until the index is built, or cannot be. */
  prepared(): Promise<void> {
    return this.#prepare().catch(() => undefined);
  }

  /** Stops following; only the last requests still look at the file before they answer. */
  stopFollowing(): void {
    this.#following?.stop();
  }

  /** Call after the last request has been answered, before the history is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#building?.catch(() => undefined);
    this.#drop();
    this.#place?.release();
    this.#place = undefined;
  }

  /**
   * A string that stays the same while no answer can differ; undefined while the index is not built.
   * @throws {DomainError} `store_unavailable` or `store_corrupt`
   */
  async revision(): Promise<string | undefined> {
    const history = await this.connection.current();
    if (this.#built?.history !== history) return undefined;
    return `${this.#built.source.opening}.${this.#built.currentVersion()}.${this.#built.generation}`;
  }

  /** Runs `read` on one snapshot of the file with an up-to-date index; waits for the index to be built. `read` must be synchronous. */
  async snapshot<T>(read: (view: IndexView) => T): Promise<T> {
    let catchUps = 0;
    for (let failures = 0; failures < MAX_ATTEMPTS;) {
      await this.#prepare();
      const answer = await this.connection.snapshot((history) => {
        const built = this.#built;
        // The file can be replaced between the two waits; then the index has to be built for the new one.
        if (built?.history !== history) return undefined;
        try {
          if (!this.#follow(built, catchUps < MAX_CATCH_UPS)) return 'behind';
          return { value: read(built) };
        } catch (error) {
          if (!this.#isBroken(error)) throw error;
          failures++;
          return undefined;
        }
      });
      if (answer === 'behind') {
        catchUps++;
        await this.#unlessBroken((following) => following.catchUp());
      } else if (answer !== undefined) return answer.value;
    }
    throw new DomainError('store_unavailable', { message: 'The index of the history cannot be read.' });
  }

  /** Reports every change to what the index knows from now on. @returns how to unsubscribe. */
  subscribe(listener: IndexListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Marks sessions that this server is about to change: the index checks them again before the next answer. */
  touch(ids: Iterable<string>): void {
    this.#built?.touch(ids);
  }

  /**
   * Makes every row of the index equal to the file, whatever an agent changed. Needed for filters on values that an agent can change without adding a
   * row.
   */
  async settle(): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const verified = await this.snapshot(() => this.#built?.isVerified ?? true);
      if (verified) return;
      await this.#unlessBroken((following) => following.compareRows());
    }
  }

  /**
   * Brings the index up to date. One that is too large to be read as a whole is followed from now on.
   * @param isPatient whether too much for one turn of the event loop is left to {@link IndexFollowing.catchUp}.
   * @returns whether the index is equal to the file now.
   */
  #follow(built: IndexedHistory, isPatient: boolean): boolean {
    if (this.#following === undefined && !built.isCurrent()) {
      if (IndexedHistory.isSmall(built.reader)) built.readAll();
      else this.#followingOf(built).start();
    }
    if (this.#following !== undefined) {
      if (!isPatient) built.refresh();
      else if (!built.refreshIfShort()) {
        if (isOther(built.sizes.sessions, countSessions(built.reader))) this.#built = undefined;
        return false;
      }
    }
    this.#refreshedAt = performance.now();
    this.#tellUnlisted(built.unlistedRows);
    return true;
  }

  /** Has the index followed. Ignores a failure after which the index is rebuilt: the next caller waits for that. */
  async #unlessBroken(follow: (following: IndexFollowing) => Promise<void>): Promise<void> {
    const built = this.#built;
    if (built === undefined || this.#following === undefined) return;
    try {
      await follow(this.#following);
    } catch (error) {
      if (this.#built === built && !this.#isBroken(sqliteFailureIn(error))) throw error;
    }
  }

  /** Skipped sessions must be reported. */
  #tellUnlisted(rows: number): void {
    if (rows === this.#unlistedRows) return;
    this.#unlistedRows = rows;
    if (rows > 0)
      this.#logger.warn(
        `Sessions of ${this.connection.location.stateDb} that are not served: ${rows}, since their ids are empty or no text. "hermes-sessions doctor" names them.`,
      );
  }

  /** Whether the index rather than the history failed; then it is rebuilt. */
  #isBroken(error: unknown): boolean {
    const writer = this.#placeKind === 'memory' ? undefined : this.#writer;
    if (!isSqliteFailure(error) || writer === undefined || !BREAKS.test(error.code)) return false;
    // Nearly always the history is what fails, on each request.
    if (!WRITE_FAILURES.test(error.code) && this.#isWhole(writer)) return false;
    this.#logger.warn(`The index is made anew: ${error.message}.`);
    this.#built = undefined;
    if (NO_PLACE.test(error.code)) this.#lost = { error };
    return true;
  }

  #isWhole(writer: IndexWriter): boolean {
    if (performance.now() < this.#intactUntil) return true;
    if (!isIntact(writer)) return false;
    this.#intactUntil = performance.now() + INTACT_FOR;
    return true;
  }

  /** Whether the index of the currently open file is built. */
  async #isReady(): Promise<boolean> {
    return this.#built !== undefined && this.#built.history === (await this.connection.current());
  }

  async #prepare(): Promise<void> {
    if (await this.#isReady()) return;
    this.#building ??= this.#build().finally(() => (this.#building = undefined));
    await this.#building;
  }

  /** Builds the index of the currently open file, unless the file is replaced meanwhile. */
  async #build(): Promise<void> {
    // Not done at the time of the failure: the answer under way still reads the index.
    if (this.#lost !== undefined) this.#giveUpPlace(this.#lost.error);
    this.#drop();
    const history = await this.connection.current();
    if (this.#hasEnded()) throw new DomainError('store_unavailable');
    if (this.#failed?.history === history && performance.now() < this.#failed.until) throw this.#failed.error;
    const begun = performance.now();
    try {
      await this.#buildSomewhere(history);
      this.#failed = undefined;
    } catch (failure) {
      this.#drop();
      if (this.#hasEnded()) throw failure;
      if ((await this.connection.current()) !== history) return;
      const now = performance.now();
      this.#failed = {
        history,
        error: toStoreError(failure, this.connection.profile),
        until: now + BUILD_REST * (now - begun),
      };
      throw this.#failed.error;
    }
  }

  #hasEnded(): boolean {
    return this.#isClosed;
  }

  /** Tries the next kind of place if one cannot be written to. */
  async #buildSomewhere(history: OpenHistory): Promise<void> {
    for (;;) {
      const place = this.#currentPlace();
      if (place === undefined) return this.#buildInMemory(history);
      try {
        await this.#buildIn(place, history);
        return;
      } catch (error) {
        if (!NO_PLACE.test(errorCode(sqliteFailureIn(error)) ?? '')) throw error;
        this.#giveUpPlace(error);
      }
    }
  }

  async #buildIn(place: IndexPlace, history: OpenHistory): Promise<void> {
    const { isSmall, sessions } = await this.connection.snapshot(({ reader }) => ({
      isSmall: IndexedHistory.isSmall(reader),
      sessions: countSessions(reader),
    }));
    const open = this.#openKept(place, history, sessions) ?? (await this.#create(place, history, isSmall));
    if (open === undefined) return;
    this.#writer = open.writer;
    if ((await this.connection.current()) !== history) return;
    const source: IndexSource = { path: place.path, opening: ++SessionIndex.#openings };
    this.#attachedTo = history.reader;
    this.#attachedTo.attach(source);
    const built = new IndexedHistory(history, source, open.writer, open.beginning);
    if (!isSmall) await this.#beginFollowing(built, open);
    this.#use(built, open.writer);
  }

  /** Builds on the connection that answers, a batch of sessions at a time. */
  async #buildInMemory(history: OpenHistory): Promise<void> {
    const writer = createIndexInMemory(history.reader);
    this.#writer = writer;
    const source: IndexIdentity = { path: undefined, opening: ++SessionIndex.#openings };
    const { isSmall, ends, total } = await this.connection.snapshot(({ reader }) => ({
      isSmall: IndexedHistory.isSmall(reader),
      ends: endsOf(reader),
      total: countSessions(reader),
    }));
    this.#progress = { done: 0, total };
    const built = new IndexedHistory(history, source, writer, ends);
    for (let after: number | null = isSmall ? null : BEFORE_ALL_ROWS; after !== null;) {
      const begin: number = after;
      const next: number | null | undefined = await this.connection.snapshot((now) =>
        now === history ? built.load(begin, MEMORY_SLICE) : undefined,
      );
      if (next === undefined) return;
      after = next;
      this.#progress = { done: Math.min(total, this.#progress.done + MEMORY_SLICE), total };
      await nextTurn();
    }
    if (!isSmall) this.#followingOf(built);
    this.#use(built, writer);
  }

  /** Answers from this index from now on. If it is not the first one, listeners cannot know what changed before it was built. */
  #use(built: IndexedHistory, writer: IndexWriter): void {
    writer.listeners = this.#listeners;
    this.#built = built;
    this.#following?.start();
    if (this.#refreshedAt !== undefined) for (const listener of this.#listeners) listener(undefined);
  }

  /** Opens the kept index, if it can be used. @param sessions the number of sessions of the history. */
  #openKept(place: IndexPlace, history: OpenHistory, sessions: number): OpenIndex | undefined {
    try {
      const writer = openIndex(place, history.identity);
      if (writer === undefined) return undefined;
      if (!isOther(writer.known.sizes.sessions, sessions)) return { writer };
      writer.close();
      throw new UnusableIndexError('most of its history is another one by now');
    } catch (error) {
      if (!(error instanceof UnusableIndexError)) throw error;
      this.#logger.warn(`The index is made anew: ${error.message}.`);
      return undefined;
    }
  }

  /** Compares a kept index first, unless nothing happened to the history since it was last found equal. */
  async #beginFollowing(built: IndexedHistory, { writer, beginning }: OpenIndex): Promise<void> {
    const following = this.#followingOf(built);
    const stamp = stampOf(this.connection.location.stateDb);
    if (beginning !== undefined || (stamp !== undefined && isProven(writer, stamp.text))) return;
    this.#logger.log('The history changed since its index was kept: they are compared.');
    await following.compareAll();
  }

  /**
   * Moves what was written from the journal of the index to its file, on the thread: that waits for the disk, some ten milliseconds at a time, which
   * would otherwise delay an answer.
   */
  async #checkpoint({ source: { path }, transactions }: IndexedHistory): Promise<void> {
    if (path === undefined || transactions - this.#checkpointed < CHECKPOINT_EVERY) return;
    this.#checkpointed = transactions;
    // After a failure, the next checkpoint moves more.
    await this.thread.run<'checkpoint'>({ kind: 'checkpoint', index: path }).catch(() => undefined);
  }

  #followingOf(built: IndexedHistory): IndexFollowing {
    const { path, opening } = built.source;
    this.#checkpointed = built.transactions;
    if (path !== undefined && this.#writer !== undefined) leaveCheckpoints(this.#writer);
    const comparison =
      path === undefined
        ? new OwnComparison(this.connection)
        : new ThreadComparison(this.thread, { path, opening });
    this.#following = new IndexFollowing(built, this.connection, comparison, {
      look: () => this.snapshot(() => undefined),
      prove: (stamp) => {
        if (this.#writer !== undefined) prove(this.#writer, stamp.text);
      },
      tidy: () => this.#checkpoint(built),
    });
    return this.#following;
  }

  /**
   * Creates a new index. For a small history it starts empty, since each answer reads the whole history anyway. The thread reads a large history in
   * slices, each in its own short transaction; the first answer adds what changed meanwhile.
   * @returns undefined if another file has taken the history's place.
   */
  async #create(place: IndexPlace, history: OpenHistory, isSmall: boolean): Promise<OpenIndex | undefined> {
    if (isSmall) return { writer: createIndex(place, history.identity) };
    place.clearBuilding();
    const beginning = await this.thread.run<'begin'>({ kind: 'begin', building: place.building });
    if (beginning === undefined || !isSameFile(beginning.identity, history.identity)) return undefined;
    const { sessions: total } = beginning;
    this.#progress = { done: 0, total };
    for (let afterRowid: number | null = BEFORE_ALL_ROWS; afterRowid !== null;) {
      afterRowid = await this.thread.run<'load'>({ kind: 'load', afterRowid, limit: BUILD_SLICE });
      this.#progress = { done: Math.min(total, this.#progress.done + BUILD_SLICE), total };
    }
    while (!(await this.thread.run<'arrange'>({ kind: 'arrange', limit: BUILD_SLICE })));
    await this.thread.run<'finish'>({ kind: 'finish' });
    return { writer: installIndex(place, history.identity), beginning };
  }

  /** @returns undefined if there is no folder to write to. */
  #currentPlace(): IndexPlace | undefined {
    while (this.#place === undefined && this.#placeKind !== 'memory') {
      try {
        this.#place = this.#placeKind === 'kept' ? this.#keptPlace() : IndexPlace.temporary();
      } catch (error) {
        this.#giveUpPlace(error);
      }
    }
    return this.#place;
  }

  #keptPlace(): IndexPlace {
    const place = IndexPlace.kept(this.folder, this.connection.location.stateDb);
    try {
      for (const name of removeForsakenIndexes(this.folder, Date.now()))
        this.#logger.log(`The index ${name} was removed: its history is gone.`);
    } catch (error) {
      this.#logger.warn(`Old indexes in ${this.folder} could not be removed: ${reasonOf(error)}`);
    }
    return place;
  }

  #giveUpPlace(error: unknown): void {
    this.#lost = undefined;
    this.#drop();
    this.#place?.release();
    this.#place = undefined;
    const isKept = this.#placeKind === 'kept';
    this.#logger.warn(
      isKept
        ? `The index cannot be kept in ${this.folder}: ${reasonOf(error)}`
        : `The index is in memory, where searches keep others waiting, since there is no folder to write it to: ${reasonOf(error)}`,
    );
    this.#placeKind = isKept ? 'temporary' : 'memory';
  }

  #drop(): void {
    this.#following?.stop();
    this.#following = undefined;
    this.#built = undefined;
    this.#intactUntil = 0;
    this.#attachedTo?.detach();
    this.#attachedTo = undefined;
    this.#writer?.close();
    this.#writer = undefined;
  }
}
