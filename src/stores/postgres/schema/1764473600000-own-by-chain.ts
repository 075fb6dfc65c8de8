import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A session that continues after a compression and names no user belongs to the user of its chain. */
export class OwnByChain1764473600000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'OwnByChain1764473600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN named_user_id text');
    await runner.query('UPDATE sessions SET named_user_id = user_id WHERE user_id IS NOT NULL');
    // Every session of a chain except the first continues its parent.
    await runner.query(`WITH RECURSIVE owned AS (
        SELECT history_id, id, root_id, user_id FROM sessions WHERE user_id IS NOT NULL
        UNION SELECT c.history_id, c.id, c.root_id, o.user_id FROM owned o
          JOIN sessions c ON c.history_id = o.history_id AND c.parent_session_id = o.id
            AND octet_length(c.parent_session_id) <= 1000 AND c.root_id = o.root_id
          WHERE c.user_id IS NULL AND c.id <> c.root_id)
      UPDATE sessions s SET user_id = o.user_id FROM owned o
        WHERE s.user_id IS NULL AND s.history_id = o.history_id AND s.id = o.id`);
    await runner.query(`UPDATE conversations c SET owner_id = s.user_id FROM (
        SELECT history_id, root_id, min(user_id) AS user_id FROM sessions GROUP BY 1, 2
          HAVING count(*) > 1 AND count(*) = count(user_id) AND min(user_id) = max(user_id)) s
      WHERE c.owner_id IS NULL AND c.history_id = s.history_id AND c.root_id = s.root_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE conversations c SET owner_id = NULL FROM sessions s
      WHERE s.history_id = c.history_id AND s.root_id = c.root_id AND s.user_id IS DISTINCT FROM s.named_user_id`);
    await runner.query(
      'UPDATE sessions SET user_id = named_user_id WHERE user_id IS DISTINCT FROM named_user_id',
    );
    await runner.query('ALTER TABLE sessions DROP COLUMN named_user_id');
  }
}
