import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A step that leaves everything in place of which servers and shippers that do not know it make use, so that these can go on. */
export interface ExpandingMigration extends MigrationInterface {
  readonly isExpanding: true;
}

/** Whether whoever does not know a step can go on beside it. */
export function isExpanding(step: MigrationInterface): step is ExpandingMigration {
  return 'isExpanding' in step && step.isExpanding === true;
}

/** Beside each step it is said whether whoever does not know it can go on. */
export class SayWhatExpands1764906400000 implements ExpandingMigration {
  // TypeORM takes the name from here, since a compiled class can lose its own.
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
