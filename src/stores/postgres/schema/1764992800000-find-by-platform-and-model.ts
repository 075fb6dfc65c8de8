import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';
import type { IndexingMigration } from './indexes.js';

/** Prefixes, because the texts can be too long for an index. */
const INDEXES = {
  // A page of one platform in list order: within one history, and over all.
  conversations_of_history_by_platform:
    'conversations (history_id, left(platform, 100), active_order, started_order, tip_id)',
  conversations_by_platform:
    'conversations (left(platform, 100), active_order, started_order, tip_id, history_id)',
  conversations_by_model:
    'conversations (left(model, 100), active_order, started_order, tip_id, history_id) WHERE model IS NOT NULL',
  sessions_by_model: 'sessions (left(model, 100), archived) WHERE model IS NOT NULL',
  // Open sessions are a small part of all.
  sessions_open: 'sessions (history_id) WHERE ended_at IS NULL',
} as const;

/** Indexes with which lists of one platform or model, and the count of open sessions, read only the matching rows. */
export class FindByPlatformAndModel1764992800000 implements ExpandingMigration, IndexingMigration {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'FindByPlatformAndModel1764992800000';
  readonly isExpanding = true;
  readonly indexes = INDEXES;

  /** Usually a no-op: {@link IndexingMigration} indexes are built before. */
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES))
      await runner.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX ${name}`);
  }
}
