import { AwayError } from '../../src/stores/postgres/connection/postgres-failure.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { createDatabase } from '../support/database.js';

describe('a pool whose connections are all in use', () => {
  it('is said to be that, and no database that is away', async () => {
    const url = await createDatabase();
    const connection = new PostgresConnection({ url, replicaUrls: [], poolSize: 1, timeLimit: 2000 });
    const failure: unknown = await connection.current(() =>
      connection.current(() => Promise.resolve()).catch((error: unknown) => error),
    );
    expect(failure).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('(DATABASE_POOL_SIZE)'),
    });
    expect(failure).not.toBeInstanceOf(AwayError);
    await connection.close();
  });
});
