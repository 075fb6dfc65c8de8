import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys shared by all servers on a database. Host roles have no rights on them. */
export class KeepKeys1764820000000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'KeepKeys1764820000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE api_keys (
      id text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, record json NOT NULL, used_at timestamptz)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_keys');
  }
}
