import { Logger } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { HistoryLocation } from '../../../config/settings.js';
import { DomainError } from '../../../domain/errors.js';
import { Absence } from '../../../logging/absence.js';
import { inSpan, SQLITE } from '../../../tracing/span.js';
import { LiveLineage } from '../lineage/live-lineage.js';
import type { ThreadedFile } from '../threads/file-threads.js';
import type { ThreadSource } from '../threads/thread-file.js';
import type { RowChange } from './row-change.js';
import { FileWatch } from './file-watch.js';
import { highestMessageId, isHermesLayout, readLayout, type HistoryMoment, type Layout } from './layout.js';
import { QueryReader } from './query-reader.js';
import { ANSWERING_SLOT, ReaderGate } from './reader-gate.js';
import { SharedRetry } from './retry.js';
import type { SqliteReader, SqlValue } from './sqlite-reader.js';
import { hasLandmarks, readLandmarks, type Landmarks } from './landmarks.js';
import { OpenedFile } from './opened-file.js';
import { isUnreadable, needsRecovery, toStoreError } from './sqlite-failure.js';
import { fileIdentity, isSameFile, type FileIdentity, type FileState } from './state-db-file.js';
import { isJournalWhole } from './whole-journal.js';
import { WritingPace } from './writing-pace.js';
import { openWriting, prepareTriggers, recover, writeWhole } from './writing-connection.js';
import { RemoteWriter, writingProcess, writingThread } from './remote-writer.js';
import { READING } from '../waits.js';

/** How often work is retried because the owner replaced the file meanwhile. */
const MAX_ATTEMPTS = 5;

/** The connection that answers requests. It is read-only, so that no read of this server can change the file. */
function readerOptions(stateDb: string): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: stateDb,
    readonly: true,
    fileMustExist: true,
    timeout: READING.lock,
    prepareDatabase: (db: Database) => {
      db.pragma('temp_store = MEMORY');
    },
  };
}

/** One opening of the file. The file is opened again when the owner replaces it, restores another history into it, or alters its schema. */
export interface OpenHistory extends HistoryMoment<QueryReader> {
  readonly lineage: LiveLineage;
  readonly identity: FileIdentity;
  /** The number of this opening, unique in this process. */
  readonly opening: number;
  /** Whether Hermes's tokenizer is available, if this file's triggers need it. */
  readonly canFireTriggers: boolean;
}

/** The path names another file than the one that was read or written, or the file has another history or schema by now. */
class SupersededError extends Error {
  override readonly name = 'SupersededError';

  constructor(options?: ErrorOptions) {
    super('The file is another one by now', options);
  }
}

function replacedMeanwhile(): DomainError {
  return new DomainError('store_unavailable', {
    message:
      'The history was replaced by another file while it was changed. Look whether the change is in it.',
  });
}

/** Opens the state.db, keeps it open, and opens it again when the path names another file. */
export class HermesConnection implements ThreadedFile {
  #history: OpenHistory | undefined;
  /** The schema cookie at the time the layout was read. */
  #cookie: SqlValue | undefined;
  #landmarks: Landmarks | undefined;
  /** The rewrite count of the file when it was last opened or looked at, and when it was last checked to be the same history. */
  #followed = 0;
  #recognized = 0;
  /** The highest id that a message ever had, as last seen. */
  #highestMessageId = 0;
  readonly #file: OpenedFile;
  /** Why a file stays closed, and until when, by `performance.now()`. */
  #rest: { readonly error: unknown; readonly file: FileState; readonly until: number } | undefined;
  #openings = 0;
  #opening: Promise<OpenHistory> | undefined;
  readonly #gate = ReaderGate.share();
  readonly #turns: ReaderGate;
  readonly #reads = new SharedRetry();
  readonly #writes = new WritingPace();
  readonly #closers: (() => Promise<void>)[] = [];

  readonly #absence: Absence;
  readonly #dataSource: DataSource;
  /** Tells when the file may have changed. */
  readonly watch: FileWatch;

  /**
   * @param onRetry is called before each retry while the owner holds the lock.
   * @param profile whose history it is, for the log.
   */
  constructor(
    readonly location: HistoryLocation,
    private readonly onRetry: () => void,
    readonly profile = 'default',
  ) {
    this.#absence = new Absence(
      `The history of the profile ${profile} (${location.stateDb})`,
      new Logger(HermesConnection.name),
    );
    this.#turns = new ReaderGate(this.#gate, ANSWERING_SLOT);
    this.#file = new OpenedFile(location.stateDb);
    this.watch = new FileWatch(location.stateDb);
    this.#dataSource = new DataSource(readerOptions(location.stateDb));
  }

  /** The file for threads, with the state that they share, so that all of them release the file together. */
  get source(): ThreadSource {
    return { path: this.location.stateDb, gate: this.#gate, rewrites: this.#file.rewrites };
  }

  /** Whether the file was ever read. */
  get hasOpened(): boolean {
    return this.#openings > 0;
  }

  /**
   * Registers what else has the file open, so that all of it is closed before the file is opened again: connections of one process share their view
   * of a journal, so an old one would show the old journal to the new.
   */
  closeWith(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /**
   * The file that the path currently names.
   * @throws {DomainError} `store_unavailable` or `store_corrupt`
   */
  async current(): Promise<OpenHistory> {
    if (this.#history !== undefined && this.#isUsable(this.#history)) {
      this.#absence.end();
      return this.#history;
    }
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    try {
      const history = await this.#opening;
      this.#absence.end();
      return history;
    } catch (error) {
      const failure = toStoreError(error, this.profile);
      if (failure instanceof DomainError && failure.code !== 'store_busy') this.#absence.met(failure.message);
      throw failure;
    }
  }

  /**
   * Runs `read` on one snapshot of the file. `read` must be synchronous: the lock that keeps the snapshot also blocks Hermes's commits in journal
   * mode DELETE.
   * @throws {DomainError} `store_unavailable`, `store_corrupt` or `store_busy`
   */
  async snapshot<T>(read: (history: OpenHistory) => T): Promise<T> {
    return this.#attempt((history) => {
      const { reader } = history;
      return this.#readOnce(reader, () => {
        this.#checkHistory(history, reader);
        return read(history);
      });
    });
  }

  /**
   * Runs `write` in one `BEGIN IMMEDIATE` transaction, and retries while Hermes holds the lock. The transaction is atomic. The history passed to
   * `write` reads on the same connection, and so sees the transaction's own changes.
   * @throws {DomainError} `store_busy` when the lock stays taken; `store_unavailable` or `store_corrupt`
   */
  async transaction<T>(write: (history: OpenHistory) => T): Promise<T> {
    return this.#attempt(async (history) => {
      const change = (): T => this.#writeOnce(history, write);
      // Includes the wait for its turn, and for the owner.
      const result = await inSpan('sqlite write', SQLITE, () => this.#writes.next(change, this.onRetry));
      // A file put in place at the moment of the commit does not contain the change.
      if (!this.#file.isInPlace()) throw replacedMeanwhile();
      return result;
    });
  }

  #writeOnce<T>(history: OpenHistory, write: (history: OpenHistory) => T): T {
    this.#requireCurrent(history);
    const db = openWriting(this.location.stateDb);
    try {
      prepareTriggers(db, history.layout, this.location.tokenizer);
      const reader = new QueryReader(db, this.#dataSource);
      return writeWhole(reader, () => {
        // The owner may have replaced the file meanwhile, and nobody would see the change.
        if (!this.#file.isInPlace()) throw new SupersededError();
        this.#checkHistory(history, reader);
        return write({ ...history, reader, lineage: new LiveLineage({ reader, layout: history.layout }) });
      });
    } finally {
      db.close();
    }
  }

  /** While a change waited for its turn, a reader may have opened another file. */
  #requireCurrent(history: OpenHistory): void {
    if (this.#history !== history) throw new SupersededError();
  }

  /**
   * Like {@link transaction}, but on another thread for long changes, or in another process for values that this driver cannot read. `plan` returns
   * the changes while the lock is held there, and so reads the file in the state that will be changed.
   * @throws {DomainError} as {@link transaction}
   */
  async transactionElsewhere<T extends { readonly changes: readonly RowChange[] }>(
    place: 'thread' | 'process',
    plan: (history: OpenHistory) => T,
  ): Promise<T> {
    return this.#attempt(async (history) => {
      let writer: RemoteWriter | undefined;
      const change = async (): Promise<T> => {
        writer ??= new RemoteWriter(
          place === 'thread' ? writingThread() : writingProcess(this.location.sqliteNode),
        );
        return this.#changeBy(writer, history, plan);
      };
      try {
        return await this.#writes.next(change, this.onRetry);
      } finally {
        await writer?.end();
      }
    });
  }

  async #changeBy<T extends { readonly changes: readonly RowChange[] }>(
    writer: RemoteWriter,
    history: OpenHistory,
    plan: (history: OpenHistory) => T,
  ): Promise<T> {
    this.#requireCurrent(history);
    const { stateDb, tokenizer } = this.location;
    const file = await writer.begin(stateDb, history.layout.needsCjkTokenizer ? tokenizer : undefined);
    this.#requireCurrent(history);
    const { reader } = history;
    const planned = await this.#readOnce(reader, () => {
      if (!this.#file.isInPlace() || !isSameFile(this.#file.identity, { ...file, wal: undefined }))
        throw new SupersededError();
      this.#checkHistory(history, reader);
      return plan(history);
    });
    await writer.commit(planned.changes);
    // A reader may have opened another file already.
    if (!isSameFile(fileIdentity(stateDb), { ...file, wal: undefined })) throw replacedMeanwhile();
    return planned;
  }

  /** Call after the last request has been answered. */
  async close(): Promise<void> {
    this.#history = undefined;
    await this.#close();
  }

  async #readOnce<T>(reader: SqliteReader, read: () => T): Promise<T> {
    const moment = (): T => {
      // The file may have been opened again while this waited for a lock.
      if (!reader.db.open) throw new SupersededError();
      return inSpan('sqlite read', SQLITE, () => this.#turns.pass(() => reader.transaction('BEGIN', read)));
    };
    try {
      return await this.#reads.run(moment, this.onRetry);
    } catch (error) {
      if (!needsRecovery(error)) throw error;
      recover(this.location.stateDb);
      return this.#reads.run(moment, this.onRetry);
    }
  }

  async #attempt<T>(work: (history: OpenHistory) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const history = await this.current();
      try {
        return await work(history);
      } catch (error) {
        if (!(error instanceof SupersededError)) throw toStoreError(error, this.profile);
        if (attempt === MAX_ATTEMPTS) throw toStoreError(error.cause ?? error, this.profile);
        if (this.#history === history) this.#history = undefined;
      }
    }
  }

  /** Whether the open connection is still valid. */
  #isUsable({ reader }: OpenHistory): boolean {
    if (!this.#file.isInPlace()) return false;
    if (this.#file.takeJournalCut() && !isJournalWhole(reader.db, this.location.stateDb)) return false;
    this.#follow(reader);
    return true;
  }

  #follow(reader: QueryReader): void {
    this.#followed = this.#file.rewrites;
    reader.follow(this.#followed);
  }

  /**
   * Checks for another history or schema. Hermes may be updated, or rebuild its indexes, at any time, and its owner may restore a backup into the
   * file. Must be called inside a transaction.
   */
  #checkHistory(history: OpenHistory, reader: SqliteReader): void {
    try {
      if (!this.#isSameHistory(history, reader)) throw new SupersededError();
    } catch (error) {
      // Once all connections are closed, new ones get a new view of the journal.
      throw isUnreadable(error) && this.#file.hasJournal ? new SupersededError({ cause: error }) : error;
    }
  }

  #isSameHistory(history: OpenHistory, reader: SqliteReader): boolean {
    const highest = highestMessageId({ reader, layout: history.layout });
    // The next messages will reuse ids.
    if (highest < this.#highestMessageId) return false;
    this.#highestMessageId = highest;
    const cookie = reader.schemaCookie();
    if (cookie === this.#cookie && this.#followed === this.#recognized) return true;
    if (this.#landmarks === undefined || !hasLandmarks(reader, this.#landmarks)) return false;
    if (cookie !== this.#cookie && !isSameLayout(readLayout(reader.db), history.layout)) return false;
    this.#remember(reader);
    return true;
  }

  #remember(reader: SqliteReader): void {
    this.#cookie = reader.schemaCookie();
    this.#landmarks = readLandmarks(reader);
    this.#recognized = this.#followed;
  }

  async #open(): Promise<OpenHistory> {
    this.#history = undefined;
    const file = fileIdentity(this.location.stateDb);
    if (file === undefined) {
      // Releases the file's disk space, and lets the disk be unmounted.
      await this.#close();
      throw new DomainError('store_unavailable', {
        message: 'The history file is missing, or this server may not reach it.',
      });
    }
    const rest = this.#rest;
    // A file that was still being written may be complete by now.
    const isSame = isSameFile(file, rest?.file) && file.contents === rest?.file.contents;
    if (rest !== undefined && isSame && performance.now() < rest.until) throw rest.error;
    await this.#close();
    try {
      return (this.#history = await this.#openAnew(file));
    } catch (error) {
      // While it is open here, other processes that open it share the view of its journal that could not be read.
      await this.#close();
      const now = fileIdentity(this.location.stateDb);
      if (now?.wal !== undefined && (isUnreadable(error) || error instanceof DomainError))
        this.#rest = { error, file, until: performance.now() + READING.closed };
      throw error;
    }
  }

  async #openAnew(file: FileState): Promise<OpenHistory> {
    await this.#dataSource.initialize();
    const { databaseConnection: db } = this.#dataSource.driver as unknown as {
      readonly databaseConnection: Database;
    };
    const reader = new QueryReader(db, this.#dataSource);
    const history = await this.#readOnce(reader, () => this.#read(reader, file));
    if (!isJournalWhole(db, this.location.stateDb))
      throw new DomainError('store_unavailable', {
        message:
          'The journal of the history was removed while an agent had it open. It can be read once that has ended.',
      });
    this.#follow(reader);
    return history;
  }

  /** @param before the state of the file before it was opened. */
  #read(reader: QueryReader, before: FileState): OpenHistory {
    const layout = readLayout(reader.db);
    if (!isHermesLayout(layout)) {
      throw new DomainError('store_unavailable', {
        message: "What lies in the history's place is no Hermes history.",
      });
    }
    reader.keepPages('main');
    this.#highestMessageId = highestMessageId({ reader, layout });
    const identity = fileIdentity(this.location.stateDb);
    if (identity === undefined) throw new DomainError('store_unavailable');
    const isLogged = reader.value('PRAGMA main.journal_mode') === 'wal';
    this.#file.open({ ...identity, contents: before.contents }, isLogged);
    this.#remember(reader);
    return {
      reader,
      layout,
      lineage: new LiveLineage({ reader, layout }),
      identity,
      opening: ++this.#openings,
      canFireTriggers: this.#canFireTriggers(layout),
    };
  }

  #canFireTriggers(layout: Layout): boolean {
    if (!layout.needsCjkTokenizer) return true;
    const db = openWriting(this.location.stateDb);
    try {
      return prepareTriggers(db, layout, this.location.tokenizer);
    } finally {
      db.close();
    }
  }

  async #close(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
    if (this.#dataSource.isInitialized) await this.#dataSource.destroy();
  }
}

function isSameLayout(a: Layout, b: Layout): boolean {
  return layoutText(a) === layoutText(b);
}

function layoutText(layout: Layout): string {
  return JSON.stringify(layout, (_key, value: unknown) =>
    value instanceof Set || value instanceof Map ? [...value].sort() : value,
  );
}
