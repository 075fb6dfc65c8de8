import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where copies of messages stand that a compaction in place has made; shippers send what they have sent again. */
export class PlaceCopies1764560000000 implements MigrationInterface {
  // TypeORM takes the name from here, since a compiled class can lose its own.
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
