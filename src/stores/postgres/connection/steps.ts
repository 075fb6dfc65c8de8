import { MigrationExecutor, type DataSource, type EntityManager } from 'typeorm';
import { isExpanding } from '../schema/1764906400000-say-what-expands.js';
import { buildIndexes, isIndexing } from '../schema/indexes.js';
import { betweenOthers, limitLocks } from './table-locks.js';

/** A step that a database has had. */
export interface DoneStep {
  readonly name: string;
  /** When it was thought of, in epoch milliseconds: later ones build on it. */
  readonly timestamp: number;
  /** Whether whoever does not know it can go on; unknown to layouts of before that was said. */
  readonly is_expanding?: boolean;
}

/** The steps that a database has had. */
export async function stepsOf(manager: EntityManager): Promise<readonly DoneStep[]> {
  const [{ exists }] = await manager.query<[{ exists: boolean }]>(
    `SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`,
  );
  return exists ? manager.query<DoneStep[]>('SELECT * FROM schema_migrations') : [];
}

/**
 * Takes the steps that a database has not had, each in a transaction of its own. Indexes are built before it, which no transaction can do.
 * @param limit milliseconds for which one beside which others go on is tried again, since it has none of them wait.
 * @param tell is told of each before it is begun, and of those that wait for others.
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
    // A program of before may have been ended when it had taken a step, and had not said this of it.
    await sayWhatExpands(runner.manager);
    return taken;
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
  }
}

/** Until it is said of a step, whoever does not know it waits: so it is said in the transaction that takes it. */
async function sayWhatExpands(manager: EntityManager): Promise<void> {
  const { migrations } = manager.dataSource;
  const expanding = new Set(migrations.filter(isExpanding).map(({ name }) => name));
  const unsaid = (await stepsOf(manager)).filter(
    (step) => step.is_expanding === false && expanding.has(step.name),
  );
  // Who has no right to may find that there is nothing to do.
  if (unsaid.length === 0) return;
  await manager.query('UPDATE schema_migrations SET is_expanding = true WHERE name = ANY($1)', [
    unsaid.map(({ name }) => name),
  ]);
}
