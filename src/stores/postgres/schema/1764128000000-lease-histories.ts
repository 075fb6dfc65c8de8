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
  ['shipper_process', 'text'],
  ['shipper_until', 'timestamptz'],
  ['sent_count', 'bigint NOT NULL DEFAULT 0'],
  ['compared_at', 'timestamptz'],
  ['file_id', 'text'],
  ['newest_message_id', 'bigint'],
  ['held_sessions', 'bigint NOT NULL DEFAULT 0'],
  ['accepted_sessions', 'bigint'],
] as const;
