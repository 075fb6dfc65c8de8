import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which sessions are held back, which of these were accepted for removal, and what the hosts removed lately. */
export class RememberLosses1764214400000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'RememberLosses1764214400000';

  async up(runner: QueryRunner): Promise<void> {
    const added = COLUMNS.map(([name, type]) => `ADD COLUMN ${name} ${type}`);
    await runner.query(`ALTER TABLE histories ${added.join(', ')}`);
    await runner.query(
      `CREATE TABLE removals (history_id integer NOT NULL, removed_at timestamptz NOT NULL DEFAULT now(), sessions bigint NOT NULL)`,
    );
    await runner.query('CREATE INDEX removals_by_age ON removals (history_id, removed_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE removals');
    const dropped = COLUMNS.map(([name]) => `DROP COLUMN ${name}`);
    await runner.query(`ALTER TABLE histories ${dropped.join(', ')}`);
  }
}

const COLUMNS = [
  // Digests of the held-back and of the accepted sessions: an acceptance covers exactly one set.
  ['held_digest', 'text'],
  ['accepted_digest', 'text'],
  ['accepted_at', 'timestamptz'],
] as const;
