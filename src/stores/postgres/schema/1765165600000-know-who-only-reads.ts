import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';

/** Whether the host of each history executes changes that are made here; earlier shippers do. */
export class KnowWhoOnlyReads1765165600000 implements ExpandingMigration {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'KnowWhoOnlyReads1765165600000';
  readonly isExpanding = true;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE histories ADD COLUMN can_change boolean NOT NULL DEFAULT true');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE histories DROP COLUMN can_change');
  }
}
