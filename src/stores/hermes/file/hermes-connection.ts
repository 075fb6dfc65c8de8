import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { Database, Statement } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Settings } from '../../../config/settings.js';
import { ApiError } from '../../../http/errors.js';
import { readLayout, type Layout } from './layout.js';
import { retryWhileBusy } from './retry.js';
import { isBusy, needsRecovery, toStoreError } from './sqlite-failure.js';
import { QueryReader } from './query-reader.js';
import { fileIdentity, isSameFile, type FileIdentity } from './state-db-file.js';

/** Names of the two connections, for `@nestjs/typeorm`. */
export const READER = 'hermes-reader';
export const WRITER = 'hermes-writer';

/** How long SQLite itself waits for a lock, in milliseconds. It blocks the process, so longer waits are ours. */
const LOCK_WAIT = 50;

/**
 * The connection that answers requests. It is opened read-only, so that nothing this server reads can
 * change the file; SQLite keeps temporary tables apart, so the index can live in this very connection.
 */
export function readerOptions(settings: Settings): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: settings.STATE_DB,
    readonly: true,
    fileMustExist: true,
    timeout: LOCK_WAIT,
    prepareDatabase: (db: Database) => {
      db.pragma('temp_store = MEMORY');
    },
  };
}

/** The connection that renames, archives and deletes, one short transaction at a time. */
export function writerOptions(settings: Settings): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: settings.STATE_DB,
    fileMustExist: true,
    timeout: LOCK_WAIT,
  };
}

/** One opening of the file: a new one follows when the owner puts another file in its place. */
export interface OpenHistory {
  readonly reader: QueryReader;
  readonly layout: Layout;
  readonly identity: FileIdentity;
  /** Which opening of this process it is; no two have the same number. */
  readonly opening: number;
  /** Whether Hermes's tokenizer is loaded where this file's triggers need it. */
  readonly canFireTriggers: boolean;
}

/** Opens the state.db, keeps it open, and opens it anew when the path names another file. */
@Injectable()
export class HermesConnection implements OnApplicationShutdown {
  #history: OpenHistory | undefined;
  #openings = 0;
  #opening: Promise<OpenHistory> | undefined;

  constructor(
    @Inject(getDataSourceToken(READER)) private readonly reader: DataSource,
    @Inject(getDataSourceToken(WRITER)) private readonly writer: DataSource,
    @Inject(Settings) private readonly settings: Settings,
  ) {}

  /**
   * The file that the path names now.
   * @throws {ApiError} `store_unavailable` or `store_corrupt`
   */
  async current(): Promise<OpenHistory> {
    const identity = fileIdentity(this.settings.STATE_DB);
    if (this.#history !== undefined && isSameFile(identity, this.#history.identity)) return this.#history;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    try {
      return await this.#opening;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /**
   * Runs `read` on one moment of the file. `read` must not wait for anything: the lock that keeps
   * the moment also keeps Hermes from committing where the journal mode is DELETE.
   */
  async snapshot<T>(read: (history: OpenHistory) => T): Promise<T> {
    try {
      const history = await this.current();
      try {
        return await retryWhileBusy(() => inTransaction(history.reader.db, 'BEGIN', () => read(history)));
      } catch (error) {
        if (!needsRecovery(error)) throw error;
        this.#recover();
        return await retryWhileBusy(() => inTransaction(history.reader.db, 'BEGIN', () => read(history)));
      }
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /**
   * Runs `write` in one `BEGIN IMMEDIATE` transaction, again while Hermes holds the lock. It happens whole or not at all.
   * @throws {ApiError} `store_busy` when the lock stays taken.
   */
  async transaction<T>(write: (db: Database, history: OpenHistory) => T): Promise<T> {
    try {
      const history = await this.current();
      const db = rawHandle(this.writer);
      return await retryWhileBusy(() => inTransaction(db, 'BEGIN IMMEDIATE', () => write(db, history)));
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Runs once the last request has been answered. */
  async onApplicationShutdown(): Promise<void> {
    this.#history = undefined;
    await this.#close();
  }

  async #open(): Promise<OpenHistory> {
    this.#history = undefined;
    const identity = fileIdentity(this.settings.STATE_DB);
    if (identity === undefined) throw new ApiError('store_unavailable');
    await this.#close();
    await this.writer.initialize();
    await this.reader.initialize();
    const canFireTriggers = this.#prepareWriter(rawHandle(this.writer));
    const db = rawHandle(this.reader);
    this.#history = {
      reader: new QueryReader(db, this.reader),
      layout: readLayout(db),
      identity,
      opening: ++this.#openings,
      canFireTriggers,
    };
    return this.#history;
  }

  /** Sets the writer up as Hermes's own connections are, and plays back what a crashed writer left. */
  #prepareWriter(db: Database): boolean {
    // TypeORM switches foreign keys on; Hermes leaves them off, and its rows may break them.
    db.pragma('foreign_keys = OFF');
    this.#recover();
    return this.#loadTokenizer(db) || !readLayout(db).needsCjkTokenizer;
  }

  #recover(): void {
    try {
      rawHandle(this.writer).prepare('SELECT count(*) FROM sqlite_master').get();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }

  #loadTokenizer(db: Database): boolean {
    if (fileIdentity(this.settings.HERMES_FTS5_CJK_SO) === undefined) return false;
    try {
      db.loadExtension(this.settings.HERMES_FTS5_CJK_SO);
      return true;
    } catch {
      // A file that is no extension for this platform is as good as none; a delete then says so.
      return false;
    }
  }

  async #close(): Promise<void> {
    if (this.reader.isInitialized) await this.reader.destroy();
    if (this.writer.isInitialized) await this.writer.destroy();
  }
}

/** The better-sqlite3 handle under a data source; its statements run at once, which TypeORM's own API cannot promise. */
function rawHandle(dataSource: DataSource): Database {
  return (dataSource.driver as unknown as { readonly databaseConnection: Database }).databaseConnection;
}

function inTransaction<T>(db: Database, begin: 'BEGIN' | 'BEGIN IMMEDIATE', body: () => T): T {
  const { start, commit, rollback } = transactionOf(db, begin);
  start.run();
  try {
    const result = body();
    commit.run();
    return result;
  } catch (error) {
    if (db.inTransaction) rollback.run();
    throw error;
  }
}

interface Transaction {
  readonly start: Statement;
  readonly commit: Statement;
  readonly rollback: Statement;
}

/** Every answer is a transaction, so its statements are compiled once for each connection. */
const TRANSACTIONS = new WeakMap<Database, Transaction>();

/** Each connection begins all of its transactions in the same way. */
function transactionOf(db: Database, begin: string): Transaction {
  let transaction = TRANSACTIONS.get(db);
  if (transaction === undefined) {
    transaction = {
      start: db.prepare(begin),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
    };
    TRANSACTIONS.set(db, transaction);
  }
  return transaction;
}
