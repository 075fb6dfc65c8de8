import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The position of messages that a compaction in place has copied; shippers send these messages again. */
export class PlaceCopies1764560000000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'PlaceCopies1764560000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages ADD COLUMN place bigint');
    await runner.query(
      'CREATE INDEX messages_placed ON messages (history_id, session_id) WHERE place IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages DROP COLUMN place');
  }
}
