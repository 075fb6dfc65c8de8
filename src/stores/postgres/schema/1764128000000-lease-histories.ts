import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which shipper a history belongs to, what is known of its file, and which deletions are held back. */
export class LeaseHistories1764128000000 implements MigrationInterface {
  // TypeORM takes the name from here, since a compiled class can lose its own.
  readonly name = 'LeaseHistories1764128000000';

  async up(runner: QueryRunner): Promise<void> {
    const added = COLUMNS.map(([name, type]) => `ADD COLUMN ${name} ${type}`);
    await runner.query(`ALTER TABLE histories ${added.join(', ')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const dropped = COLUMNS.map(([name]) => `DROP COLUMN ${name}`);
    await runner.query(`ALTER TABLE histories ${dropped.join(', ')}`);
  }
}

const COLUMNS = [
  ['shipper_id', 'text'],
  ['shipper_name', 'text'],
  // How another process of the same machine can tell whether the shipper still runs; null where none can.
  ['shipper_process', 'text'],
  // Until when it need not be heard of, by the clock of the database.
  ['shipper_until', 'timestamptz'],
  ['sent_count', 'bigint NOT NULL DEFAULT 0'],
  // When all sessions here were last found to be as the file has them, or were made so.
  ['compared_at', 'timestamptz'],
  // Which file it was when nothing was held back last, and the newest message that it ever had; null where unknown.
  ['file_id', 'text'],
  ['newest_message_id', 'bigint'],
  // Sessions that the file has no more and that stay here until somebody accepts that they go, and how many somebody has.
  ['held_sessions', 'bigint NOT NULL DEFAULT 0'],
  ['accepted_sessions', 'bigint'],
] as const;
