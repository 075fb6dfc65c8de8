import { MigrationExecutor, type DataSource, type EntityManager } from 'typeorm';
import { isExpanding } from '../schema/1764906400000-say-what-expands.js';
import { buildIndexes, isIndexing } from '../schema/indexes.js';
import { betweenOthers, limitLocks } from './table-locks.js';

/** A migration that was applied to a database. */
export interface DoneStep {
  readonly name: string;
  /** Epoch milliseconds; migrations build on those with earlier timestamps. */
  readonly timestamp: number;
  /** Whether versions that do not know it can continue; undefined in layouts from before this column. */
  readonly is_expanding?: boolean;
}

/** The migrations that were applied to a database. */
export async function stepsOf(manager: EntityManager): Promise<readonly DoneStep[]> {
  const [{ exists }] = await manager.query<[{ exists: boolean }]>(
    `SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`,
  );
  return exists ? manager.query<DoneStep[]>('SELECT * FROM schema_migrations') : [];
}

/**
 * Applies the pending migrations, each in its own transaction. Their indexes are built before, because CREATE INDEX CONCURRENTLY cannot
 * run in a transaction.
 * @param limit how long a compatible migration is retried, in milliseconds: it gives up waiting for locks rather than make others queue.
 * @param tell is called before each migration, and when it has to wait for others.
 * @returns their names.
 */
export async function takeSteps(
  dataSource: DataSource,
  limit: number,
  tell: (what: string) => void,
): Promise<readonly string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const executor = new MigrationExecutor(dataSource, runner);
    const taken: string[] = [];
    for (const step of await executor.getPendingMigrations()) {
      tell(`The step ${step.name} is begun.`);
      if (step.instance !== undefined && isIndexing(step.instance))
        await buildIndexes(runner.manager, step.instance.indexes);
      const isBesideOthers = step.instance !== undefined && isExpanding(step.instance);
      await betweenOthers(
        limit,
        async () => {
          if (runner.isTransactionActive) await runner.rollbackTransaction();
          await runner.startTransaction();
          if (isBesideOthers) await limitLocks(runner.manager);
          await executor.executeMigration(step);
          await sayWhatExpands(runner.manager);
          await runner.commitTransaction();
        },
        () => {
          tell(`The step ${step.name} waits for others that use its tables, such as a backup.`);
        },
      );
      taken.push(step.name);
    }
    // An older program may have stopped after applying a migration, before marking it.
    await sayWhatExpands(runner.manager);
    return taken;
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
  }
}

/**
 * Marks compatible migrations in the transaction that applies them: until then, versions that do not know the migration refuse the
 * database.
 */
async function sayWhatExpands(manager: EntityManager): Promise<void> {
  const { migrations } = manager.dataSource;
  const expanding = new Set(migrations.filter(isExpanding).map(({ name }) => name));
  const unsaid = (await stepsOf(manager)).filter(
    (step) => step.is_expanding === false && expanding.has(step.name),
  );
  // A role without the right to UPDATE can still find that there is nothing to do.
  if (unsaid.length === 0) return;
  await manager.query('UPDATE schema_migrations SET is_expanding = true WHERE name = ANY($1)', [
    unsaid.map(({ name }) => name),
  ]);
}
