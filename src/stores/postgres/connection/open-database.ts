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
    /** Whether each transaction has another connection, which a pooler lends. */
    readonly isPooled: boolean,
    private readonly timeLimit: number,
  ) {}

  /**
   * Opens a pool.
   * @param onBroken is told of connections that break while nobody uses them: they are replaced by the next one.
   * @throws what the driver throws
   */
  static async open(address: DatabaseAddress, onBroken: (error: unknown) => void): Promise<OpenDatabase> {
    const isPooled = await isBehindPooler(address);
    const dataSource = createDataSource(address, onBroken, isPooled);
    await dataSource.initialize();
    return new OpenDatabase(dataSource, isPooled, address.timeLimit);
  }

  /** A connection in a transaction, which whoever has it releases. */
  begin(way: Way): Promise<QueryRunner> {
    return this.#connected((runner) => this.#begin(runner, way));
  }

  /** The same on a standby; undefined where that has not come as far as a position. */
  beginFrom(position: bigint | undefined, way: Way): Promise<QueryRunner | undefined> {
    return this.#connected(async (runner) => {
      // Asked before the moment that is read: afterwards it may have come further than that.
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

/** Ends a transaction in which something failed, so that nobody is handed its connection while it is open. */
export async function undo(runner: QueryRunner, way: Way, error: unknown): Promise<void> {
  if (isSilence(error)) await abandon(runner);
  // A connection that is broken needs no end, and its pool has forgotten it already.
  else await way.undo(runner).catch(() => undefined);
}

/** Ends a connection on which nothing is heard any more, so that its pool hands it to nobody else. */
async function abandon(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as PoolClient & Pick<Client, 'end'>;
  // While an answer is still due, the driver does not wait for the other side.
  void client.end().catch(() => undefined);
}
