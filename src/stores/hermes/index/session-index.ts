import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { toStoreError } from '../file/sqlite-failure.js';
import { isSameFile } from '../file/state-db-file.js';
import type { FactSlice } from './history-comparison.js';
import { IndexFollowing } from './index-following.js';
import type { IndexThread } from './index-thread.js';
import { IndexedHistory } from './indexed-history.js';
import type { SessionTable } from './session-table.js';

/** Rowids of sessions that the thread reads in one go: some milliseconds of lock at a time. */
const BUILD_SLICE = 1000;

/** After the index of a damaged file could not be built, building rests for so many times as long as it took. */
const BUILD_REST = 5;

/** One moment of the file, with an index that follows it. */
export type IndexView = Pick<
  IndexedHistory,
  'reader' | 'layout' | 'opening' | 'dataVersion' | 'table' | 'owners' | 'verify' | 'reread'
>;

/**
 * Facts about every session that no index of the file gives: last activity, lineage, what is listed. In
 * memory, disposable, and followed in three ways: before each answer by what is cheap to see; for the rows of
 * an answer by reading them again; and for everything else by a thread that compares all rows.
 */
export class SessionIndex {
  #built: IndexedHistory | undefined;
  #building: Promise<void> | undefined;
  /** Why the index of a history could not be built, and until when that is not tried again. */
  #failed: { readonly history: OpenHistory; readonly error: unknown; readonly until: number } | undefined;
  #progress = { done: 0, total: 0 };
  #refreshedAt: number | undefined;
  #following: IndexFollowing | undefined;

  constructor(
    private readonly connection: HermesConnection,
    private readonly thread: IndexThread,
  ) {}

  /** Rowids indexed so far and in all, while the index is being built. */
  get progress(): { readonly done: number; readonly total: number } {
    return this.#progress;
  }

  /** Rows as the index knows them; none before it is built. */
  get sizes(): { readonly sessions: number; readonly messages: number } {
    const table = this.#built?.table;
    return { sessions: table?.size ?? 0, messages: table?.storedMessages ?? 0 };
  }

  /** Milliseconds since the index was last known to be true; undefined before it is built. */
  get age(): number | undefined {
    return this.#refreshedAt === undefined ? undefined : performance.now() - this.#refreshedAt;
  }

  /**
   * Whether answers can be given now; where the index is not built, building begins.
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

  /** Starts building in the background; a failure shows in the next request. */
  start(): void {
    void this.prepared();
  }

  /** Waits until the index is built, or cannot be. */
  prepared(): Promise<void> {
    return this.#prepare().catch(() => undefined);
  }

  /** The last requests still look at the file before they answer; nothing else does any more. */
  stopFollowing(): void {
    this.#following?.stop();
  }

  /**
   * A word that stays the same while no answer can differ; undefined while the index is not built.
   * @throws {DomainError} `store_unavailable` or `store_corrupt`
   */
  async revision(): Promise<string | undefined> {
    const history = await this.connection.current();
    if (this.#built?.history !== history) return undefined;
    return `${history.opening}.${this.#built.currentVersion()}.${this.#built.generation}`;
  }

  /**
   * Runs `read` on one moment of the file with the index equal to it; waits for the index to be built.
   * `read` must not wait for anything.
   */
  async snapshot<T>(read: (view: IndexView) => T): Promise<T> {
    for (;;) {
      await this.#prepare();
      const answer = await this.connection.snapshot((history) => {
        // The file can be replaced between the two waits; then the index has to be built for the new one.
        if (this.#built?.history !== history) return undefined;
        if (!this.#follow(this.#built)) return undefined;
        return { value: read(this.#built) };
      });
      if (answer !== undefined) return answer.value;
    }
  }

  /** Sessions that this server is about to change: the index looks at them again before the next answer. */
  touch(ids: Iterable<string>): void {
    this.#built?.touch(ids);
  }

  /**
   * Makes every row of the index equal to the file, whatever an agent did to it. Needed where a filter looks
   * at what an agent can change without adding a row.
   */
  async settle(): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const verified = await this.snapshot(() => this.#built?.isVerified ?? true);
      if (verified) return;
      await this.#following?.compareRows();
    }
  }

  /** @returns false where the file has outgrown the way it is followed, so that the index has to be built again. */
  #follow(built: IndexedHistory): boolean {
    if (this.#following !== undefined) built.refresh();
    else if (built.currentVersion() !== built.dataVersion) {
      if (built.isSmall()) built.readAll();
      else this.#built = undefined;
    }
    this.#refreshedAt = performance.now();
    return this.#built === built;
  }

  /** Whether the index of the file that is open now is built. */
  async #isReady(): Promise<boolean> {
    return this.#built !== undefined && this.#built.history === (await this.connection.current());
  }

  async #prepare(): Promise<void> {
    if (await this.#isReady()) return;
    this.#building ??= this.#build().finally(() => (this.#building = undefined));
    await this.#building;
  }

  /** Builds the index of the file that is open now, unless another takes its place meanwhile. */
  async #build(): Promise<void> {
    this.#following?.stop();
    this.#following = undefined;
    this.#built = undefined;
    const history = await this.connection.current();
    if (this.#failed?.history === history && performance.now() < this.#failed.until) throw this.#failed.error;
    const begun = performance.now();
    try {
      this.#built = (await this.#readSmall()) ?? (await this.#buildByThread(history));
      this.#failed = undefined;
    } catch (failure) {
      if ((await this.connection.current()) !== history) return;
      const now = performance.now();
      this.#failed = { history, error: toStoreError(failure), until: now + BUILD_REST * (now - begun) };
      throw this.#failed.error;
    }
  }

  /** @returns undefined where the file is too large to be read as a whole. */
  #readSmall(): Promise<IndexedHistory | undefined> {
    return this.connection.snapshot((history) => {
      const indexed = new IndexedHistory(history);
      if (!indexed.isSmall()) return undefined;
      indexed.readAll();
      return indexed;
    });
  }

  /** The thread reads the file in slices, each its own short transaction; a refresh adds what changes meanwhile. */
  async #buildByThread(history: OpenHistory): Promise<IndexedHistory | undefined> {
    const beginning = await this.thread.run<'begin'>({
      kind: 'begin',
      path: this.connection.location.stateDb,
      gate: this.connection.gate,
    });
    if (beginning === undefined || !isSameFile(beginning.identity, history.identity)) return undefined;
    const indexed = new IndexedHistory(history);
    indexed.beginAt(beginning);
    const total = beginning.newestRowid;
    // The thread reads the next slice while this one takes the last one in.
    let next = this.#readSlice(0);
    for (let rowid = 0; rowid < total; rowid += BUILD_SLICE) {
      const slice = await next;
      next = this.#readSlice(rowid + BUILD_SLICE);
      indexed.load(slice);
      this.#progress = { done: Math.min(total, rowid + BUILD_SLICE), total };
    }
    await next;
    await arrange(indexed.table);
    this.#following = new IndexFollowing(indexed, this.connection, this.thread, {
      look: () => this.snapshot(() => undefined),
      lose: () => (this.#built = undefined),
    });
    return indexed;
  }

  #readSlice(afterRowid: number): Promise<FactSlice> {
    return this.thread.run<'slice'>({ kind: 'slice', afterRowid, limit: BUILD_SLICE });
  }
}

/** Works out chains and orders without holding the event loop for long. */
async function arrange(table: SessionTable): Promise<void> {
  const sessions = [...table.sessions];
  for (let at = 0; at < sessions.length; at += BUILD_SLICE) {
    table.arrangeChains(sessions.slice(at, at + BUILD_SLICE));
    await nextTurn();
  }
  table.arrangeOrders();
}
