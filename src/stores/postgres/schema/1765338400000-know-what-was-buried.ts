import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';

/** When each deleted session had started: a session that reuses its id and started later is a new one. */
export class KnowWhatWasBuried1765338400000 implements ExpandingMigration {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'KnowWhatWasBuried1765338400000';
  readonly isExpanding = true;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tombstones ADD COLUMN started_at double precision');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tombstones DROP COLUMN started_at');
  }
}
