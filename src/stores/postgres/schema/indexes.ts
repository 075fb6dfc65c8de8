import type { EntityManager, MigrationInterface } from 'typeorm';

/** A step that brings indexes of tables which may be large by then. */
export interface IndexingMigration extends MigrationInterface {
  /** By their names what they are on, as `CREATE INDEX` takes it. */
  readonly indexes: Readonly<Record<string, string>>;
}

/** Whether a step brings indexes that are to be built before it. */
export function isIndexing(step: MigrationInterface): step is IndexingMigration {
  return 'indexes' in step;
}

/** Builds what is not there of some indexes while everybody goes on reading and writing. A build that was ended half-way is begun anew. */
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
    // Nobody reads one whose build was ended, and everybody who writes keeps it up.
    if (found !== undefined) await manager.query(`DROP INDEX CONCURRENTLY ${name}`);
    await manager.query(`CREATE INDEX CONCURRENTLY ${name} ON ${on}`);
  }
}
