import { setImmediate as nextTurn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { HermesConnection } from '../file/hermes-connection.js';
import { toStoreError } from '../file/sqlite-failure.js';
import { BEFORE_ALL_ROWS } from '../file/rowids.js';
import { stampOf, type HistoryStamp } from '../file/state-db-file.js';
import type { IndexComparison } from './index-comparison.js';
import type { ComparedMessages, ComparedRows } from './history-comparison.js';
import type { IndexedHistory } from './indexed-history.js';
import { FOLLOWING } from '../waits.js';

/** Session rows that the thread compares per batch: the lock is held for some milliseconds. */
const COMPARE_SLICE = 10_000;

/** Rows that are read again in one turn of the event loop. */
const RECHECK_SLICE = 100;

/** After comparing all rows, the thread rests for the duration of the comparison times this factor. */
const ROWS_REST = 1;

/** What {@link IndexFollowing} needs of the index that it keeps up to date. */
export interface FollowedIndex {
  /** Brings the index up to date with what is cheap to see. */
  look(): Promise<unknown>;
  /** Records that everything was compared, and that nothing changed since the file had this stamp. */
  prove(stamp: HistoryStamp): void;
  /** Cleans up now and then what following leaves behind. */
  tidy(): Promise<void>;
}

/** Another file has taken the place of the indexed one. */
class SupersededIndexError extends Error {
  override readonly name = 'SupersededIndexError';
}

/** Keeps the index of a large history equal to the file: a thread compares all rows, and differing rows are read again here. */
export class IndexFollowing {
  readonly #logger = new Logger('SessionIndex');
  #endWatch: (() => void) | undefined;
  /** Runs while the index may differ from the file. */
  #timer: NodeJS.Timeout | undefined;
  /** Whether the file changed since the last look. */
  #isTold = false;
  #isLooking = false;
  #comparing: Promise<void> | undefined;
  /** The next comparison of rows after the current one, if anybody waits for it. */
  #nextComparison: Promise<void> | undefined;
  /** Catching up that is too much for one turn of the event loop; all waiters share it. */
  #catchingUp: Promise<void> | undefined;
  /** When rows may be compared again; by `performance.now()`, as all times here. */
  #nextRows = 0;
  /** Progress of comparing the messages: the session id to continue after, and the file version at the beginning. */
  #messages = { from: '', version: -1, dueAt: 0 };
  /** The file version for which the index was last proven equal. */
  #provenVersion = -1;
  #isStopped = false;
  /** The last failure logged, so that it is not logged ten times a second. */
  #warning: string | undefined;

  constructor(
    private readonly indexed: IndexedHistory,
    private readonly connection: HermesConnection,
    private readonly comparison: IndexComparison,
    private readonly index: FollowedIndex,
  ) {}

  /** Follows the file from now on. */
  start(): void {
    this.#endWatch ??= this.connection.watch.subscribe(() => {
      this.#wake();
    });
    this.#wake();
  }

  /** Begins no more comparisons. */
  stop(): void {
    this.#isStopped = true;
    this.#endWatch?.();
    this.#sleep();
  }

  /** Compares everything on the thread: an index that nobody kept up to date may be stale, or belong to another history. */
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
   * Follows all additions and removals in batches, however many there are. May miss changes that happen meanwhile; callers that need them look again.
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
   * Compares all session rows on the thread, in batches. Callers that come during a comparison share the next one, which sees everything that was
   * committed before they asked.
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
      // While the file is locked, a look takes seconds.
      if (!this.#isLooking) void this.#lookAndReport();
    }, FOLLOWING.look);
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

  /** Stops looking until the file changes again. */
  #sleep(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether nothing is left to compare, now or later. */
  get #isSettled(): boolean {
    return !this.#isTold && this.#isCompared && this.#provenVersion === this.indexed.dataVersion;
  }

  /** Whether rows and messages are known to be equal to the file as of the last look. */
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
    // Everything that is compared below was committed before this stamp, or else changes the version.
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
    // A failure of the other comparison is reported to its own caller.
    while (this.#comparing !== undefined) await this.#comparing.catch(() => undefined);
    this.#comparing = comparison()
      .catch((error: unknown) => {
        // The next caller has the index of the other file built.
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
    this.#nextRows = Math.max(begun + FOLLOWING.rows, ended + ROWS_REST * (ended - begun));
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

  /** Asks the thread about all sessions in batches, and follows the differences. */
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

  /** Compares a batch of the messages on the thread; the batches are small, so that a comparison of rows never waits for long. */
  async #compareMessages(): Promise<void> {
    const { from } = this.#messages;
    const version = from === '' ? await this.#look() : this.#messages.version;
    const compared = await this.#ask(this.comparison.messages(from));
    await this.#recheck(compared.changed);
    if (compared.next === null) this.indexed.markCompared(version);
    this.#messages = { from: compared.next ?? '', version, dueAt: performance.now() + FOLLOWING.messages };
  }

  /** The version of the file, after bringing the index up to date with what is cheap to see. */
  async #look(): Promise<number> {
    if (!(await this.#isShort())) await this.catchUp();
    return this.#inMoment(() => {
      this.indexed.refresh();
      return this.indexed.dataVersion;
    });
  }

  /** Runs `read` in one snapshot. @throws {SupersededIndexError} if the open file is not the indexed one. */
  #inMoment<T>(read: () => T): Promise<T> {
    return this.connection.snapshot((history) => {
      if (history !== this.indexed.history) throw new SupersededIndexError();
      return read();
    });
  }

  /** Awaits an answer of the thread. @throws {DomainError} for what SQLite refused there. */
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

  /** Handles rows in batches, one batch per turn of the event loop. */
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
