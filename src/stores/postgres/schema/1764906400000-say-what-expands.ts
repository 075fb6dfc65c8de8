import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration that keeps everything that older servers and shippers use, so that they can continue. */
export interface ExpandingMigration extends MigrationInterface {
  readonly isExpanding: true;
}

/** Whether versions that do not know a migration can continue after it. */
export function isExpanding(step: MigrationInterface): step is ExpandingMigration {
  return 'isExpanding' in step && step.isExpanding === true;
}

/** Records for each migration whether versions that do not know it can continue. */
export class SayWhatExpands1764906400000 implements ExpandingMigration {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'SayWhatExpands1764906400000';
  readonly isExpanding = true;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE schema_migrations ADD COLUMN is_expanding boolean NOT NULL DEFAULT false',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE schema_migrations DROP COLUMN is_expanding');
  }
}
