import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';
import type { IndexingMigration } from './indexes.js';

/** Beginnings of texts, since any text is allowed and an index takes no long ones. */
const INDEXES = {
  // A page of one platform in the order of a list: of one history, whatever others have, and of all.
  conversations_of_history_by_platform:
    'conversations (history_id, left(platform, 100), active_order, started_order, tip_id)',
  conversations_by_platform:
    'conversations (left(platform, 100), active_order, started_order, tip_id, history_id)',
  conversations_by_model:
    'conversations (left(model, 100), active_order, started_order, tip_id, history_id) WHERE model IS NOT NULL',
  sessions_by_model: 'sessions (left(model, 100), archived) WHERE model IS NOT NULL',
  // What agents work on is a small part of all there is.
  sessions_open: 'sessions (history_id) WHERE ended_at IS NULL',
} as const;

/** Lists of one platform, or of one model, and the number of open sessions cost what they show. */
export class FindByPlatformAndModel1764992800000 implements ExpandingMigration, IndexingMigration {
  // TypeORM takes the name from here, since a compiled class can lose its own.
  readonly name = 'FindByPlatformAndModel1764992800000';
  readonly isExpanding = true;
  readonly indexes = INDEXES;

  /** They have been built by then. */
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES))
      await runner.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX ${name}`);
  }
}
