import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The shipper that holds a history, the identity of its file, and the removals that are held back. */
export class LeaseHistories1764128000000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
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
  // Lets another process on the same machine tell whether the shipper still runs; null if it cannot.
  ['shipper_process', 'text'],
  // When the lease expires, by the database's clock.
  ['shipper_until', 'timestamptz'],
  ['sent_count', 'bigint NOT NULL DEFAULT 0'],
  // When all sessions here last agreed with the file.
  ['compared_at', 'timestamptz'],
  // The file at the last comparison that held nothing back, and the newest message that it ever had; null if unknown.
  ['file_id', 'text'],
  ['newest_message_id', 'bigint'],
  // Sessions that are missing in the file and stay here until their removal is accepted, and how many were accepted.
  ['held_sessions', 'bigint NOT NULL DEFAULT 0'],
  ['accepted_sessions', 'bigint'],
] as const;
