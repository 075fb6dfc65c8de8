import type { EntityManager } from 'typeorm';

const NAME = 'session_words_by_word';

/** Rows of words with a word. */
export const CREATE_WORD_INDEX = `CREATE INDEX IF NOT EXISTS ${NAME} ON session_words USING gin (words)`;

/**
 * Leaves the index of words out while an empty database is filled: adding millions of rows to it takes several times as long as
 * building it of them, which all processors share. Searches read all rows meanwhile, and say that they are incomplete. Where somebody
 * else's rows are there already, they keep their index.
 */
export async function leaveOutWordIndex(manager: EntityManager): Promise<void> {
  // Whoever cannot have the lock at once, or does not own the table, goes on with the index.
  await manager.query(`SET LOCAL lock_timeout = '500ms'`);
  await manager.query('LOCK TABLE session_words IN ACCESS EXCLUSIVE MODE');
  const rows = await manager.query<unknown[]>('SELECT 1 FROM session_words LIMIT 1');
  if (rows.length === 0) await manager.query(`DROP INDEX IF EXISTS ${NAME}`);
}

/** Whether the index of words is there. */
export async function hasWordIndex(manager: EntityManager): Promise<boolean> {
  const [{ exists }] = await manager.query<[{ exists: boolean }]>(
    'SELECT to_regclass($1) IS NOT NULL AS exists',
    [NAME],
  );
  return exists;
}

/** Whether this role can build the index of words, which takes the owner of the table. */
export async function mayBuildWordIndex(manager: EntityManager): Promise<boolean> {
  const [{ may }] = await manager.query<[{ may: boolean }]>(
    `SELECT pg_has_role(relowner, 'USAGE') AS may FROM pg_class WHERE oid = CAST('session_words' AS regclass)`,
  );
  return may;
}

/** Builds the index of words, where it was left out. It takes seconds for each million of messages. */
export async function ensureWordIndex(manager: EntityManager): Promise<void> {
  if (await hasWordIndex(manager)) return;
  await manager.transaction(async (building) => {
    await building.query(`SET LOCAL maintenance_work_mem = '256MB'`);
    await building.query(CREATE_WORD_INDEX);
  });
}
