import type { EntityManager } from 'typeorm';

const NAME = 'session_words_by_word';

/** The index of word rows by lexeme. */
export const CREATE_WORD_INDEX = `CREATE INDEX IF NOT EXISTS ${NAME} ON session_words USING gin (words)`;

/**
 * Drops the word index while an empty database is filled: inserting millions of rows into it takes several times as long as building it
 * afterwards, in parallel. Meanwhile searches read all rows, and report that they are incomplete. If the table already has rows, the
 * index stays.
 */
export async function leaveOutWordIndex(manager: EntityManager): Promise<void> {
  // A role that does not get the lock soon, or does not own the table, continues with the index.
  await manager.query(`SET LOCAL lock_timeout = '500ms'`);
  await manager.query('LOCK TABLE session_words IN ACCESS EXCLUSIVE MODE');
  const rows = await manager.query<unknown[]>('SELECT 1 FROM session_words LIMIT 1');
  if (rows.length === 0) await manager.query(`DROP INDEX IF EXISTS ${NAME}`);
}

/** Whether the word index exists. */
export async function hasWordIndex(manager: EntityManager): Promise<boolean> {
  const [{ exists }] = await manager.query<[{ exists: boolean }]>(
    'SELECT to_regclass($1) IS NOT NULL AS exists',
    [NAME],
  );
  return exists;
}

/** Whether this role may build the word index, which requires owning the table. */
export async function mayBuildWordIndex(manager: EntityManager): Promise<boolean> {
  const [{ may }] = await manager.query<[{ may: boolean }]>(
    `SELECT pg_has_role(relowner, 'USAGE') AS may FROM pg_class WHERE oid = CAST('session_words' AS regclass)`,
  );
  return may;
}

/** Builds the word index if it is missing. It takes seconds for each million messages. */
export async function ensureWordIndex(manager: EntityManager): Promise<void> {
  if (await hasWordIndex(manager)) return;
  await manager.transaction(async (building) => {
    await building.query(`SET LOCAL maintenance_work_mem = '256MB'`);
    await building.query(CREATE_WORD_INDEX);
  });
}
