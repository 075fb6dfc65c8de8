import type { Client, PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { createDataSource, type DatabaseAddress } from './data-source.js';
import { replayedPosition } from './log-position.js';
import { isBehindPooler, transactionLimits } from './pooler.js';
import { isSilence } from './postgres-failure.js';

/** How a transaction begins and ends. */
export interface Way {
  readonly begin: (runner: QueryRunner) => Promise<unknown>;
  readonly end: (runner: QueryRunner) => Promise<unknown>;
  readonly undo: (runner: QueryRunner) => Promise<unknown>;
}

/** A database with an open pool of connections. */
export class OpenDatabase {
  private constructor(
    readonly dataSource: DataSource,
    /** Whether a pooler is in between, so that each transaction may run on another server connection. */
    readonly isPooled: boolean,
    private readonly timeLimit: number,
  ) {}

  /**
   * Opens a pool.
   * @param onBroken is called for idle connections that break; the pool replaces them.
   * @throws what the driver throws
   */
  static async open(address: DatabaseAddress, onBroken: (error: unknown) => void): Promise<OpenDatabase> {
    const isPooled = await isBehindPooler(address);
    const dataSource = createDataSource(address, onBroken, isPooled);
    await dataSource.initialize();
    return new OpenDatabase(dataSource, isPooled, address.timeLimit);
  }

  /** A connection with a begun transaction; the caller must release it. */
  begin(way: Way): Promise<QueryRunner> {
    return this.#connected((runner) => this.#begin(runner, way));
  }

  /** The same on a standby; undefined if it has not replayed up to a position. */
  beginFrom(position: bigint | undefined, way: Way): Promise<QueryRunner | undefined> {
    return this.#connected(async (runner) => {
      // Checked before the snapshot is taken: afterwards the standby may have replayed more than the snapshot shows.
      if (position === undefined || ((await replayedPosition(runner)) ?? 0n) >= position)
        return this.#begin(runner, way);
      await runner.release();
      return undefined;
    });
  }

  async #begin(runner: QueryRunner, way: Way): Promise<QueryRunner> {
    await way.begin(runner);
    if (this.isPooled) await this.#limit(runner, way);
    return runner;
  }

  async #limit(runner: QueryRunner, way: Way): Promise<void> {
    try {
      await runner.query(transactionLimits(this.timeLimit));
    } catch (error) {
      await undo(runner, way, error);
      throw error;
    }
  }

  async #connected<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      if (isSilence(error)) await abandon(runner);
      await runner.release();
      throw error;
    }
  }
}

/** Rolls back a failed transaction, so that its connection returns to the pool without one. */
export async function undo(runner: QueryRunner, way: Way, error: unknown): Promise<void> {
  if (isSilence(error)) await abandon(runner);
  // A broken connection needs no rollback, and its pool has dropped it already.
  else await way.undo(runner).catch(() => undefined);
}

/** Closes a connection that does not respond, so that its pool does not reuse it. */
async function abandon(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as PoolClient & Pick<Client, 'end'>;
  // While a response is outstanding, the driver closes without waiting for the server.
  void client.end().catch(() => undefined);
}
