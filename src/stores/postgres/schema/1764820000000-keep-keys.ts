import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys that all servers on a database share. Roles of hosts have no right to them. */
export class KeepKeys1764820000000 implements MigrationInterface {
  // TypeORM takes the name from here, since a compiled class can lose its own.
  readonly name = 'KeepKeys1764820000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE api_keys (
      id text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, record json NOT NULL, used_at timestamptz)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_keys');
  }
}
