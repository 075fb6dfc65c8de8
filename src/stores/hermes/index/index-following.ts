import { setImmediate as nextTurn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { HermesConnection } from '../file/hermes-connection.js';
import { toStoreError } from '../file/sqlite-failure.js';
import { BEFORE_ALL_ROWS } from '../file/rowids.js';
import { stampOf, type HistoryStamp } from '../file/state-db-file.js';
import type { IndexComparison } from './index-comparison.js';
import type { ComparedMessages, ComparedRows } from './history-comparison.js';
import type { IndexedHistory } from './indexed-history.js';

/** Session rows that the thread compares in one go: some milliseconds of lock at a time. */
const COMPARE_SLICE = 10_000;

/** Rows that are read anew in one turn of the event loop. */
const RECHECK_SLICE = 100;

/** How often the file is looked at, once it changed, until the index is known to be equal to it; in milliseconds. */
const LOOK_INTERVAL = 50;

/** How often all session rows are compared at most while the file changes, so that half a second is enough to notice anything; in milliseconds. */
const ROWS_INTERVAL = 250;

/** After a comparison of all rows its thread rests for so many times as long, however long that took. */
const ROWS_REST = 1;

/** Changes of messages that leave no trace in a session row are looked for at most this often, in milliseconds. */
const MESSAGES_INTERVAL = 5000;

/** What following needs of the index that it keeps true. */
export interface FollowedIndex {
  /** Brings the index up to what is cheap to see. */
  look(): Promise<unknown>;
  /** All of it was compared, and nothing happened since the file had this stamp. */
  prove(stamp: HistoryStamp): void;
  /** Takes out of the way, now and then, what following leaves behind. */
  tidy(): Promise<void>;
}

/** The owner has put another file into the place of the one that is indexed. */
class SupersededIndexError extends Error {
  override readonly name = 'SupersededIndexError';
}

/**
 * Makes the index of a large history equal to the file again and again: a thread compares all rows, and what
 * differs is read anew here.
 */
export class IndexFollowing {
  readonly #logger = new Logger('SessionIndex');
  #endWatch: (() => void) | undefined;
  /** Runs while the index may differ from the file. */
  #timer: NodeJS.Timeout | undefined;
  /** Whether the file changed since it was last looked at. */
  #isTold = false;
  #isLooking = false;
  #comparing: Promise<void> | undefined;
  /** The comparison of rows that begins when this one ends, where somebody waits for it. */
  #nextComparison: Promise<void> | undefined;
  /** What is too much for one turn of the event loop is followed once for all who wait for it. */
  #catchingUp: Promise<void> | undefined;
  /** When rows may be compared again; by `performance.now()`, as all times here. */
  #nextRows = 0;
  /** How far the messages are compared: behind which session, and the version of the file when that began. */
  #messages = { from: '', version: -1, dueAt: 0 };
  /** The version of the file for which the index was last proven. */
  #provenVersion = -1;
  #isStopped = false;
  /** What was said last, so that it is not said ten times a second. */
  #warning: string | undefined;

  constructor(
    private readonly indexed: IndexedHistory,
    private readonly connection: HermesConnection,
    private readonly comparison: IndexComparison,
    private readonly index: FollowedIndex,
  ) {}

  /** Follows from now on. */
  start(): void {
    this.#endWatch ??= this.connection.watch.subscribe(() => {
      this.#wake();
    });
    this.#wake();
  }

  /** No comparison begins any more. */
  stop(): void {
    this.#isStopped = true;
    this.#endWatch?.();
    this.#sleep();
  }

  /** Compares everything on the thread: what was not looked at since is not believed, nor that it is the same history. */
  async compareAll(): Promise<void> {
    await this.compareRows();
    do await this.#oneAtATime(() => this.#compareMessages());
    while (this.#messages.from !== '');
    await this.#oneAtATime(() =>
      this.#inSlices(
        (from) => this.comparison.owners(from),
        (some) => {
          this.indexed.ownAnew(some);
        },
      ),
    );
  }

  /**
   * Follows what was added or removed, however much that is, some of it at a time. What happens meanwhile may be left.
   * Whoever needs it whole looks again.
   */
  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#catchUp()
      .catch((error: unknown) => {
        if (!(error instanceof SupersededIndexError)) throw error;
      })
      .finally(() => (this.#catchingUp = undefined));
    return this.#catchingUp;
  }

  /**
   * Compares all session rows on the thread, some at a time. Whoever asks while something is compared shares the comparison that follows with
   * all others who do: it sees what was committed before they asked.
   */
  compareRows(): Promise<void> {
    if (this.#comparing === undefined) return this.#oneAtATime(() => this.#compareRows());
    this.#nextComparison ??= this.#oneAtATime(() => {
      this.#nextComparison = undefined;
      return this.#compareRows();
    });
    return this.#nextComparison;
  }

  #wake(): void {
    this.#isTold = true;
    if (this.#isStopped || this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      // Where the file is locked, a look takes seconds.
      if (!this.#isLooking) void this.#lookAndReport();
    }, LOOK_INTERVAL);
    this.#timer.unref();
  }

  async #lookAndReport(): Promise<void> {
    this.#isLooking = true;
    try {
      await this.#lookOnce();
      this.#report(undefined);
      if (this.#isSettled) this.#sleep();
    } catch (error) {
      this.#report(String(error));
    } finally {
      this.#isLooking = false;
    }
  }

  /** Nothing is looked at until the file changes again. */
  #sleep(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether there is nothing to be compared, now or later. */
  get #isSettled(): boolean {
    return !this.#isTold && this.#isCompared && this.#provenVersion === this.indexed.dataVersion;
  }

  /** Whether rows and messages are known to be equal to the file, as it was when it was last looked at. */
  get #isCompared(): boolean {
    const { isVerified, dataVersion } = this.indexed;
    const { from, version } = this.#messages;
    return this.#comparing === undefined && isVerified && from === '' && dataVersion === version;
  }

  #report(failure: string | undefined): void {
    if (this.#isStopped || failure === this.#warning) return;
    this.#warning = failure;
    if (failure === undefined) this.#logger.log('The history is followed again.');
    else this.#logger.warn(`The history cannot be followed: ${failure}`);
  }

  async #lookOnce(): Promise<void> {
    if (this.#comparing !== undefined) return;
    this.#isTold = false;
    // What is compared below has been committed before this, or gives itself away by another version.
    const stamp = stampOf(this.connection.location.stateDb);
    await this.index.look();
    if (this.#isStopped) return;
    if (this.#isCompared && stamp?.isSettled === true && this.#provenVersion !== this.indexed.dataVersion) {
      this.#provenVersion = this.indexed.dataVersion;
      this.index.prove(stamp);
    }
    if (!this.indexed.isVerified && performance.now() >= this.#nextRows) await this.compareRows();
    if (this.#messages.from !== '' || this.#areMessagesDue()) {
      await this.#oneAtATime(() => this.#compareMessages());
    }
    if (this.#isWanted()) await this.index.tidy();
  }

  #isWanted(): boolean {
    return !this.#isStopped;
  }

  #areMessagesDue(): boolean {
    return this.indexed.dataVersion !== this.#messages.version && performance.now() >= this.#messages.dueAt;
  }

  async #oneAtATime(comparison: () => Promise<void>): Promise<void> {
    // How another one ends is told to whoever asked for it.
    while (this.#comparing !== undefined) await this.#comparing.catch(() => undefined);
    this.#comparing = comparison()
      .catch((error: unknown) => {
        // Whoever asks next has the index of the other file made.
        if (!(error instanceof SupersededIndexError)) throw error;
      })
      .finally(() => (this.#comparing = undefined));
    await this.#comparing;
  }

  async #compareRows(): Promise<void> {
    const { indexed } = this;
    const version = await this.#look();
    const begun = performance.now();
    await this.#followRows();
    const ended = performance.now();
    this.#nextRows = Math.max(begun + ROWS_INTERVAL, ended + ROWS_REST * (ended - begun));
    indexed.markVerified(version);
  }

  async #followRows(): Promise<void> {
    for (let afterRowid: number | null = BEFORE_ALL_ROWS; afterRowid !== null;) {
      const compared: ComparedRows = await this.#ask(this.comparison.rows(afterRowid, COMPARE_SLICE));
      await this.#recheck([...compared.removed, ...compared.changed]);
      afterRowid = compared.next;
    }
  }

  async #catchUp(): Promise<void> {
    while (await this.#inMoment(() => this.indexed.takeFirst())) await nextTurn();
    if (await this.#isShort()) return;
    const { replacedVersion } = this.indexed;
    await this.#followRows();
    this.indexed.markFollowed(replacedVersion);
    if (await this.#isShort()) return;
    await this.#inSlices(
      (from) => this.comparison.messages(from),
      (some) => {
        this.indexed.recheck(some);
      },
    );
  }

  #isShort(): Promise<boolean> {
    return this.#inMoment(() => this.indexed.refreshIfShort());
  }

  /** Asks the thread of all sessions, some at a time, and follows what it tells of. */
  async #inSlices(
    ask: (from: string) => Promise<ComparedMessages>,
    follow: (rowids: readonly number[]) => void,
  ): Promise<void> {
    for (let from: string | null = ''; from !== null;) {
      const compared: ComparedMessages = await this.#ask(ask(from));
      await this.#each(compared.changed, follow);
      from = compared.next;
    }
  }

  /** Compares the messages of some sessions on the thread, so that a comparison of rows never waits for long. */
  async #compareMessages(): Promise<void> {
    const { from } = this.#messages;
    const version = from === '' ? await this.#look() : this.#messages.version;
    const compared = await this.#ask(this.comparison.messages(from));
    await this.#recheck(compared.changed);
    if (compared.next === null) this.indexed.markCompared(version);
    this.#messages = { from: compared.next ?? '', version, dueAt: performance.now() + MESSAGES_INTERVAL };
  }

  /** The version of the file, with the index brought up to what is cheap to see of it. */
  async #look(): Promise<number> {
    if (!(await this.#isShort())) await this.catchUp();
    return this.#inMoment(() => {
      this.indexed.refresh();
      return this.indexed.dataVersion;
    });
  }

  /** @throws {SupersededIndexError} where another file than the one that is indexed is open by now. */
  #inMoment<T>(read: () => T): Promise<T> {
    return this.connection.snapshot((history) => {
      if (history !== this.indexed.history) throw new SupersededIndexError();
      return read();
    });
  }

  /** @throws {DomainError} what SQLite refused there. */
  async #ask<T>(compared: Promise<T>): Promise<T> {
    try {
      return await compared;
    } catch (error) {
      if ((await this.connection.current()) !== this.indexed.history) throw new SupersededIndexError();
      throw toStoreError(error, this.connection.profile);
    }
  }

  #recheck(rowids: readonly number[]): Promise<void> {
    return this.#each(rowids, (some) => {
      this.indexed.recheck(some);
    });
  }

  /** Does something with rows, some of them in each turn of the event loop. */
  async #each(rowids: readonly number[], follow: (some: readonly number[]) => void): Promise<void> {
    for (let at = 0; at < rowids.length; at += RECHECK_SLICE) {
      const some = rowids.slice(at, at + RECHECK_SLICE);
      await this.#inMoment(() => {
        follow(some);
      });
      await nextTurn();
    }
  }
}
