import pg from 'pg';
import { DataSource } from 'typeorm';
import { ENTITIES } from '../schema/entities.js';
import { CreateTables1764041600000 } from '../schema/1764041600000-create-tables.js';
import { LeaseHistories1764128000000 } from '../schema/1764128000000-lease-histories.js';
import { RememberLosses1764214400000 } from '../schema/1764214400000-remember-losses.js';
import { KnowPossessions1764300800000 } from '../schema/1764300800000-know-possessions.js';
import { TitleByRoot1764387200000 } from '../schema/1764387200000-title-by-root.js';
import { OwnByChain1764473600000 } from '../schema/1764473600000-own-by-chain.js';
import { PlaceCopies1764560000000 } from '../schema/1764560000000-place-copies.js';
import { KeepHostsApart1764646400000 } from '../schema/1764646400000-keep-hosts-apart.js';
import { KeepKeys1764820000000 } from '../schema/1764820000000-keep-keys.js';
import { SayWhatExpands1764906400000 } from '../schema/1764906400000-say-what-expands.js';
import { FindByPlatformAndModel1764992800000 } from '../schema/1764992800000-find-by-platform-and-model.js';
import { KnowWhatChanged1765079200000 } from '../schema/1765079200000-know-what-changed.js';
import { KnowWhoOnlyReads1765165600000 } from '../schema/1765165600000-know-who-only-reads.js';
import { BoundWhatIsAddedUp1765252000000 } from '../schema/1765252000000-bound-what-is-added-up.js';
import { KnowWhatWasBuried1765338400000 } from '../schema/1765338400000-know-what-was-buried.js';
import type { DatabaseLocation } from '../../../config/settings.js';
import { PreparingClient } from './preparing-client.js';
import { SteadyClient } from './steady-client.js';

/** How much longer the driver waits than the database's time limit, so that the database's own error arrives first. */
const GRACE = 1000;

/** How long a connection is used, in seconds. */
const CONNECTION_LIFE = 3600;

/** The address of one database, with its limits. */
export type DatabaseAddress = Omit<DatabaseLocation, 'replicaUrls'>;

/** A pool of connections that is not open yet. @param isPooled whether a pooler may use another server connection for each transaction. */
export function createDataSource(
  address: DatabaseAddress,
  onPoolError: (error: unknown) => void,
  isPooled = false,
): DataSource {
  const { url, poolSize, timeLimit } = address;
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url,
    applicationName: 'hermes-sessions',
    entities: ENTITIES,
    migrations: [
      CreateTables1764041600000,
      LeaseHistories1764128000000,
      RememberLosses1764214400000,
      KnowPossessions1764300800000,
      TitleByRoot1764387200000,
      OwnByChain1764473600000,
      PlaceCopies1764560000000,
      KeepHostsApart1764646400000,
      KeepKeys1764820000000,
      SayWhatExpands1764906400000,
      FindByPlatformAndModel1764992800000,
      KnowWhatChanged1765079200000,
      KnowWhoOnlyReads1765165600000,
      BoundWhatIsAddedUp1765252000000,
      KnowWhatWasBuried1765338400000,
    ],
    migrationsTableName: 'schema_migrations',
    poolSize,
    connectTimeoutMS: Math.min(timeLimit, 5000),
    // Message ids and counts stay far below 2^53.
    parseInt8: true,
    // The migrations create what is needed, with the rights of their role.
    installExtensions: false,
    poolErrorHandler: onPoolError,
    extra: {
      // Poolers refuse startup parameters, and older ones do not support prepared statements.
      ...(isPooled
        ? { Client: SteadyClient }
        : {
            Client: PreparingClient,
            statement_timeout: timeLimit,
            idle_in_transaction_session_timeout: 2 * timeLimit,
          }),
      query_timeout: timeLimit + GRACE,
      keepAlive: true,
      // Frees the statements that a connection has accumulated.
      maxLifetimeSeconds: CONNECTION_LIFE,
    },
  });
}
