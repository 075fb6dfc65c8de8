import type { QueryRunner } from 'typeorm';
import type { ExpandingMigration } from './1764906400000-say-what-expands.js';
import { SLICE } from './session-slices.js';

/** The tables that statistics are computed from, with the events that change them and the affected rows. */
const TOUCHING = ['sessions', 'conversations'].flatMap((table) => [
  { table, event: 'insert', rows: 'NEW' } as const,
  { table, event: 'update', rows: 'NEW' } as const,
  { table, event: 'delete', rows: 'OLD' } as const,
]);

/** A version per slice of a history's sessions, which changes with each write, so that cached counts of other slices stay valid. */
export class KnowWhatChanged1765079200000 implements ExpandingMigration {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'KnowWhatChanged1765079200000';
  readonly isExpanding = true;

  async up(runner: QueryRunner): Promise<void> {
    // A random version: a counter could repeat after a backup is restored.
    await runner.query(`CREATE TABLE session_slices (
      history_id integer NOT NULL, slice bigint NOT NULL, version uuid NOT NULL DEFAULT gen_random_uuid(),
      PRIMARY KEY (history_id, slice))`);
    await runner.query('ALTER TABLE session_slices ENABLE ROW LEVEL SECURITY');
    await runner.query('CREATE POLICY everybody ON session_slices USING (true)');
    await letRead(runner);
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    // SECURITY DEFINER, because host roles have no rights on the table.
    await runner.query(
      `CREATE FUNCTION touch_slices() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ${schema}, pg_temp
        AS $$ BEGIN
          INSERT INTO session_slices AS s (history_id, slice)
            SELECT DISTINCT history_id, number / ${SLICE} FROM moved ORDER BY 1, 2
            ON CONFLICT (history_id, slice) DO UPDATE SET version = EXCLUDED.version;
          RETURN NULL;
        END $$`,
    );
    // Otherwise a host could call it from a table of its own. Trigger functions need no EXECUTE right of the writing role.
    await runner.query('REVOKE EXECUTE ON FUNCTION touch_slices() FROM PUBLIC');
    for (const { table, event, rows } of TOUCHING) {
      await runner.query(
        `CREATE TRIGGER touch_${table}_${event} AFTER ${event} ON ${table} REFERENCING ${rows} TABLE AS moved
          FOR EACH STATEMENT EXECUTE FUNCTION touch_slices()`,
      );
    }
    await runner.query(
      `INSERT INTO session_slices (history_id, slice) SELECT DISTINCT history_id, number / ${SLICE} FROM sessions`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { table, event } of TOUCHING)
      await runner.query(`DROP TRIGGER touch_${table}_${event} ON ${table}`);
    await runner.query('DROP FUNCTION touch_slices');
    await runner.query('DROP TABLE session_slices');
  }
}

/** Grants access to roles that may read all counts. Host roles are excluded; a policy restricts them to their own rows. */
async function letRead(runner: QueryRunner): Promise<void> {
  const readers = (await runner.query(
    `SELECT DISTINCT quote_ident(r.rolname) AS role FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
      JOIN pg_roles r ON r.oid = a.grantee
      WHERE c.oid = CAST('session_counts' AS regclass) AND a.privilege_type = 'SELECT'
        AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND r.oid = ANY(p.polroles))`,
  )) as readonly { readonly role: string }[];
  for (const { role } of readers) await runner.query(`GRANT SELECT ON session_slices TO ${role}`);
}
