import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { HistoryEntity } from '../schema/entities.js';
import { HistoryChange } from './history-change.js';

/** Every change to the histories in the database, one at a time for each of them. */
export class HistoryWrites {
  constructor(private readonly connection: PostgresConnection) {}

  /**
   * Runs `work` in one transaction that holds the lock of a history. It happens whole or not at all.
   * @throws {DomainError} `store_unavailable`, also where the history is gone
   */
  change<T>(historyId: number, work: (change: HistoryChange) => Promise<T>): Promise<T> {
    return this.connection.transaction((manager) => changeHistory(manager, historyId, work));
  }
}

/** Runs `work` as a change of a history, within a transaction that has begun. */
async function changeHistory<T>(
  manager: EntityManager,
  historyId: number,
  work: (change: HistoryChange) => Promise<T>,
): Promise<T> {
  const history = await manager
    .createQueryBuilder(HistoryEntity, 'h')
    .setLock('pessimistic_write')
    .where('h.id = :historyId', { historyId })
    .getOne();
  if (history === null)
    throw new DomainError('store_unavailable', { message: 'The history is not in the database any more.' });
  const change = new HistoryChange(manager, history);
  const result = await work(change);
  await change.finish();
  return result;
}
