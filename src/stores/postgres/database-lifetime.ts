import { setTimeout } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { databaseOf, Settings } from '../../config/settings.js';
import { RepeatedWarning } from '../../logging/repeated-warning.js';
import { migrate } from './connection/migrations.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { toStoreError } from './connection/postgres-failure.js';

/** How long it is waited before the database is asked again while a server starts, in milliseconds. */
const REST = 1000;

/** Prepares the database when the server starts, however long it takes, and leaves it when it stops. */
@Injectable()
export class DatabaseLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(DatabaseLifetime.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  /** A step that fails is begun anew each time. */
  readonly #steps = new RepeatedWarning({
    warn: (text: string) => {
      this.#logger.log(text);
    },
  });
  readonly #stop = new AbortController();
  #preparing: Promise<void> | undefined;
  #doing: string | undefined;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(PostgresConnection) private readonly connection: PostgresConnection,
  ) {}

  /** What this server does to bring the database to its layout, as a sentence; undefined where it does nothing. */
  get doing(): string | undefined {
    return this.#doing;
  }

  /** A step may wait for a backup, for hours: requests are answered meanwhile, with 503, and the process must not wait to say so. */
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
      // Whoever migrates waits for others that do.
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
