import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { databaseOf, Settings } from '../../config/settings.js';
import { RepeatedWarning } from '../../logging/repeated-warning.js';
import { migrate } from './connection/migrations.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { toStoreError } from './connection/postgres-failure.js';

/** How long a starting server waits between attempts to prepare the database, in milliseconds. */
const REST = 1000;

/** Prepares the database when the server starts, however long that takes, and closes the connections when it stops. */
@Injectable()
export class DatabaseLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(DatabaseLifetime.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  /** A failing migration is repeated, so its messages are, too. */
  readonly #steps = new RepeatedWarning({
    warn: (text: string) => {
      this.#logger.log(text);
    },
  });
  readonly #stop = new AbortController();
  #preparing: Promise<void> | undefined;
  #doing: string | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly connection: PostgresConnection,
  ) {}

  /** What this server is doing to migrate the database, as a sentence; undefined if nothing. */
  get doing(): string | undefined {
    return this.#doing;
  }

  /** Not awaited: a migration may wait hours for a backup. Meanwhile requests are answered with 503. */
  onApplicationBootstrap(): void {
    if (this.settings.DATABASE_MIGRATE) this.#preparing = this.#prepareAtLast();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#preparing;
    await this.connection.close();
  }

  async #prepareAtLast(): Promise<void> {
    const { signal } = this.#stop;
    while (!(await this.#prepare()) && !signal.aborted)
      await setTimeout(REST, undefined, { signal }).catch(() => undefined);
  }

  /** @returns whether the database is prepared. */
  async #prepare(): Promise<boolean> {
    const { signal } = this.#stop;
    try {
      // Checked first, because a migration waits for other migrating processes.
      if (await this.connection.isPrepared()) return true;
      const done = await migrate(databaseOf(this.settings), { signal, tell: this.#tell });
      if (done.length > 0) this.#logger.log(`The database was prepared: ${done.join(', ')}`);
      return true;
    } catch (error) {
      if (!signal.aborted)
        this.#warning.warn(`The database could not be prepared: ${String(toStoreError(error))}`);
      return false;
    } finally {
      this.#doing = undefined;
    }
  }

  readonly #tell = (what: string): void => {
    this.#doing = what;
    this.#steps.warn(what);
  };
}
