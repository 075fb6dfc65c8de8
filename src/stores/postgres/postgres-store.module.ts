import {
  Inject,
  Injectable,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { databaseOf, Settings } from '../../config/settings.js';
import { RepeatedWarning } from '../../logging/repeated-warning.js';
import { KeyStore } from '../../domain/key-store.js';
import { SessionFeed } from '../../sessions/session-feed.js';
import { SessionReader } from '../../sessions/session-reader.js';
import { SessionsRepository } from '../../sessions/sessions.repository.js';
import { StoreHealth } from '../../sessions/store-health.js';
import { migrate } from './connection/migrations.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { toStoreError } from './connection/postgres-failure.js';
import { StoredEvents } from './events/stored-events.js';
import { StoredKeys } from './keys/stored-keys.js';
import { PostgresHealth } from './postgres-health.js';
import { PostgresUpkeep } from './postgres-upkeep.js';
import { PostgresSessionsRepository } from './postgres-sessions.repository.js';
import { BoundedSearches, SEARCH_TIME_LIMIT } from './search/bounded-searches.js';

/** How long it is waited before the database is asked again while a server starts, in milliseconds. */
const REST = 1000;

/** Prepares the database when the server starts, however long it takes until it can be reached, and leaves it when it stops. */
@Injectable()
class DatabaseLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(DatabaseLifetime.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  #isStopped = false;
  #preparing: Promise<void> | undefined;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(PostgresConnection) private readonly connection: PostgresConnection,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.settings.DATABASE_MIGRATE || (await this.#prepare())) return;
    // Requests are answered meanwhile, with 503; the process must not wait to say so.
    this.#preparing = this.#prepareLater();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    await this.#preparing;
    await this.connection.close();
  }

  async #prepareLater(): Promise<void> {
    const isDone = async (): Promise<boolean> => this.#isStopped || (await this.#prepare());
    do await new Promise((resolve) => setTimeout(resolve, REST));
    while (!(await isDone()));
  }

  /** @returns whether the database is prepared. */
  async #prepare(): Promise<boolean> {
    try {
      // Whoever migrates waits for others that do.
      if (await this.connection.isPrepared()) return true;
      const done = await migrate(databaseOf(this.settings));
      if (done.length > 0) this.#logger.log(`The database was prepared: ${done.join(', ')}`);
      return true;
    } catch (error) {
      this.#warning.warn(`The database could not be prepared: ${String(toStoreError(error))}`);
      return false;
    }
  }
}

/** Provides the sessions of a PostgreSQL database, to each of its users by the port that is theirs. */
@Module({})
export class PostgresStoreModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: PostgresStoreModule,
      providers: [
        { provide: PostgresConnection, useValue: new PostgresConnection(databaseOf(settings)) },
        { provide: SEARCH_TIME_LIMIT, useValue: settings.SEARCH_TIMEOUT_MS },
        BoundedSearches,
        { provide: SessionsRepository, useClass: PostgresSessionsRepository },
        { provide: SessionReader, useExisting: SessionsRepository },
        { provide: SessionFeed, useClass: StoredEvents },
        { provide: StoreHealth, useClass: PostgresHealth },
        { provide: KeyStore, useClass: StoredKeys },
        DatabaseLifetime,
        PostgresUpkeep,
      ],
      exports: [SessionsRepository, SessionReader, SessionFeed, StoreHealth, KeyStore],
    };
  }
}
