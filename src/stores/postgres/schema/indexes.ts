import type { EntityManager, MigrationInterface } from 'typeorm';

/** A migration that adds indexes to tables that may be large. */
export interface IndexingMigration extends MigrationInterface {
  /** By index name, the `table (columns)` part of its `CREATE INDEX`. */
  readonly indexes: Readonly<Record<string, string>>;
}

/** Whether a migration has indexes to build before it is applied. */
export function isIndexing(step: MigrationInterface): step is IndexingMigration {
  return 'indexes' in step;
}

/** Builds the missing indexes concurrently, without blocking reads or writes. An interrupted build is started again. */
export async function buildIndexes(
  manager: EntityManager,
  indexes: IndexingMigration['indexes'],
): Promise<void> {
  for (const [name, on] of Object.entries(indexes)) {
    const [found] = await manager.query<readonly { readonly is_valid: boolean }[]>(
      'SELECT indisvalid AS is_valid FROM pg_index WHERE indexrelid = to_regclass($1)',
      [name],
    );
    if (found?.is_valid === true) continue;
    // An invalid index is not used for reads, but still maintained by writes.
    if (found !== undefined) await manager.query(`DROP INDEX CONCURRENTLY ${name}`);
    await manager.query(`CREATE INDEX CONCURRENTLY ${name} ON ${on}`);
  }
}
