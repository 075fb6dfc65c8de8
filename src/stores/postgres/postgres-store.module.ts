import { Module, type DynamicModule } from '@nestjs/common';
import { databaseOf, type Settings } from '../../config/settings.js';
import { KeyStore } from '../../domain/key-store.js';
import { SessionFeed } from '../../sessions/session-feed.js';
import { SessionReader } from '../../sessions/session-reader.js';
import { SessionsRepository } from '../../sessions/sessions.repository.js';
import { StoreHealth } from '../../sessions/store-health.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { DatabaseLifetime } from './database-lifetime.js';
import { StoredEvents } from './events/stored-events.js';
import { StoredKeys } from './keys/stored-keys.js';
import { PostgresHealth } from './postgres-health.js';
import { PostgresUpkeep } from './postgres-upkeep.js';
import { PostgresSessionsRepository } from './postgres-sessions.repository.js';
import { BoundedSearches, SEARCH_TIME_LIMIT } from './search/bounded-searches.js';

/** Provides the sessions of a PostgreSQL database behind the ports that the other modules use. */
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
