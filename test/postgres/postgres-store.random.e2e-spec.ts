import { SilentObserver } from '../../src/sessions/store-observer.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { PostgresSessionsRepository } from '../../src/stores/postgres/postgres-sessions.repository.js';
import { BoundedSearches } from '../../src/stores/postgres/search/bounded-searches.js';
import { createDatabase } from '../support/database.js';
import { testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { describeStore, type OpenStore } from '../support/store-suite.js';

/** The store of a database, and the shipper that fills it from the file. */
async function open(stateDb: string): Promise<OpenStore> {
  const url = await createDatabase();
  const shipper = await TestShipper.start(testSettings({ STATE_DB: stateDb }), url);
  await shipper.settled();
  const connection = new PostgresConnection({ url, replicaUrls: [], poolSize: 4, timeLimit: 30_000 });
  return {
    repository: new PostgresSessionsRepository(
      connection,
      new BoundedSearches(connection, new SilentObserver(), 10_000),
    ),
    settled: () => shipper.settled(),
    close: async () => {
      await shipper.stop();
      await connection.close();
    },
  };
}

describe('the store of a database, on random histories', () => {
  describeStore(open, 20);
});
