import type { MigrationInterface, QueryRunner } from 'typeorm';

/** If the last session of a conversation has no title, its first session's title counts. */
export class TitleByRoot1764387200000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'TitleByRoot1764387200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE conversations c SET is_titled = true FROM sessions r
      WHERE NOT c.is_titled AND r.history_id = c.history_id AND r.id = c.root_id AND r.title IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE conversations c SET is_titled = t.title IS NOT NULL FROM sessions t
      WHERE c.is_titled AND t.history_id = c.history_id AND t.id = c.tip_id`);
  }
}
