import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often each session called its model, and whether it has its own prompt and configuration; shippers send these again. Also indexes
 * of the few pinned entries.
 */
export class KnowPossessions1764300800000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'KnowPossessions1764300800000';

  async up(runner: QueryRunner): Promise<void> {
    const added = COLUMNS.map(([name, type]) => `ADD COLUMN ${name} ${type}`);
    await runner.query(`ALTER TABLE sessions ${added.join(', ')}`);
    await runner.query('CREATE INDEX sessions_pinned ON sessions (history_id, active_order) WHERE pinned');
    await runner.query(
      'CREATE INDEX conversations_pinned ON conversations (history_id, active_order) WHERE is_pinned',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX conversations_pinned, sessions_pinned');
    const dropped = COLUMNS.map(([name]) => `DROP COLUMN ${name}`);
    await runner.query(`ALTER TABLE sessions ${dropped.join(', ')}`);
  }
}

const COLUMNS = [
  ['api_call_count', 'double precision NOT NULL DEFAULT 0'],
  ['has_system_prompt', 'boolean NOT NULL DEFAULT false'],
  ['has_model_config', 'boolean NOT NULL DEFAULT false'],
] as const;
