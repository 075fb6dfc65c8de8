import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { isStillNeeded } from '../connection/postgres-failure.js';
import { betweenOthers, limitLocks } from '../connection/table-locks.js';
import { epoch } from '../histories.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import {
  HOST_POLICIES,
  hostRights,
  noRights,
  OF_A_HISTORY,
  policySql,
  type HostPolicy,
} from './host-rights.js';

/** Names of roles begin so, and have letters, digits and underscores; PostgreSQL takes 63 bytes of them. */
const ROLE_PREFIX = 'hermes_host_';
const ROLE_LENGTH = 63;

/** Bytes of a password, which nobody types. */
const PASSWORD_BYTES = 32;

/** For how long the tables of the first host are asked for, in milliseconds. */
const PATIENCE = 60_000;

/** How a host gets into the database. */
export interface HostCredentials {
  readonly role: string;
  /** It is kept by the database alone, as a hash. */
  readonly password: string;
}

/** A host, as the database knows it. */
export interface KnownHost {
  readonly origin: string;
  /** The role that is kept to this host; null where it uses one that sees all. */
  readonly role: string | null;
  readonly profiles: readonly string[];
  readonly sessions: number;
  /** Seconds since its shipper was last heard of; null where none is expected. */
  readonly seenSeconds: number | null;
}

/** What becomes of the history of a host that is taken away. */
export type HistoryFate = 'keep' | 'delete';

/** A host that was taken away. */
export interface RemovedHost {
  /** Sessions that were there. */
  readonly sessions: number;
}

/**
 * Gives a host a role of its own, which reads and writes its history alone, or that role another password, with which whatever it has open
 * ends. Whoever calls it owns the tables and may create roles.
 * @throws {DomainError} `store_unavailable`, where it may not, or other roles could put something in the way of the server
 */
export async function addHost(connection: PostgresConnection, origin: string): Promise<HostCredentials> {
  const credentials = await betweenOthers(PATIENCE, () =>
    connection.transaction(async (manager) => {
      await limitLocks(manager);
      return giveRole(manager, origin);
    }),
  );
  await connection.transaction((manager) => endSessions(manager, credentials.role));
  return credentials;
}

async function giveRole(manager: EntityManager, origin: string): Promise<HostCredentials> {
  await requireRights(manager);
  const group = await ensureGroup(manager);
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const role = (await roleOf(manager, origin)) ?? (await freeName(manager, origin));
  await createRole(manager, role);
  await manager.query(`GRANT ${group} TO ${role}`);
  await manager.query(`ALTER ROLE ${role} LOGIN PASSWORD '${password}'`);
  await manager.query('INSERT INTO host_roles (role, origin) VALUES ($1, $2) ON CONFLICT (role) DO NOTHING', [
    role,
    toStored(origin),
  ]);
  await requireNoObjects(manager, role);
  return { role, password };
}

/**
 * Takes a host away: its role can do nothing more, nobody waits to hear of it, and its history is kept as it is, or goes. Where that fails,
 * nobody gets in by the role all the same, and it can be done again.
 * @returns null where there is no such host.
 * @throws {DomainError} `store_unavailable`
 */
export async function removeHost(
  connection: PostgresConnection,
  origin: string,
  fate: HistoryFate,
): Promise<RemovedHost | null> {
  const role = await connection.transaction(async (manager) => {
    const known = await roleOf(manager, origin);
    if (known !== null && (await isRole(manager, known))) await manager.query(`ALTER ROLE ${known} NOLOGIN`);
    return known;
  });
  // Whoever was put out before nobody gets in any more would be back at once.
  if (role !== null) await connection.transaction((manager) => endSessions(manager, role));
  const sessions = await connection.transaction((manager) => removeHistories(manager, origin, fate));
  if (role !== null) await connection.transaction((manager) => dropRole(manager, role));
  return role === null && sessions === null ? null : { sessions: sessions ?? 0 };
}

/**
 * Takes a profile that is gone from a host away, as {@link removeHost} does a host; the host stays. A shipper that still has it sends it anew.
 * @returns null where there is no such profile.
 * @throws {DomainError} `store_unavailable`
 */
export async function removeProfile(
  connection: PostgresConnection,
  { origin, profile }: { readonly origin: string; readonly profile: string },
  fate: HistoryFate,
): Promise<RemovedHost | null> {
  const sessions = await connection.transaction((manager) => removeHistories(manager, origin, fate, profile));
  return sessions === null ? null : { sessions };
}

/** @param profile of which the history is; all of the host's without. @returns how many sessions were there; null where there is no history. */
async function removeHistories(
  manager: EntityManager,
  origin: string,
  fate: HistoryFate,
  profile?: string,
): Promise<number | null> {
  const histories = await manager.query<{ id: number }[]>(
    'SELECT id FROM histories WHERE origin = $1 AND coalesce(profile = $2, true) FOR UPDATE',
    [toStored(origin), profile === undefined ? null : toStored(profile)],
  );
  if (histories.length === 0) return null;
  const ids = histories.map(({ id }) => id);
  const [{ sessions }] = await manager.query<[{ sessions: number }]>(
    'SELECT count(*) AS sessions FROM sessions WHERE history_id = ANY($1)',
    [ids],
  );
  if (fate === 'delete') await deleteHistories(manager, ids);
  else await retireHistories(manager, ids);
  return sessions;
}

/** All hosts that have a role of their own, or a history. */
export function listHosts(connection: PostgresConnection): Promise<readonly KnownHost[]> {
  return connection.current(async (manager) => {
    const rows = await manager.query<KnownHost[]>(
      `SELECT origin, r.role, coalesce(h.profiles, '{}') AS profiles, coalesce(h.sessions, 0) AS sessions, h."seenSeconds"
        FROM host_roles r FULL JOIN (
          SELECT origin, array_agg(profile ORDER BY NOT is_default, profile) AS profiles,
              ${epoch('now() - min(seen_at)')} AS "seenSeconds",
              CAST(sum((SELECT coalesce(sum(c.entries), 0) FROM session_counts c WHERE c.history_id = id AND c.kind = 'row')) AS bigint) AS sessions
            FROM histories GROUP BY origin) h USING (origin)
        ORDER BY origin`,
    );
    return rows.map(({ origin, profiles, ...row }) => ({
      ...row,
      origin: fromStored(origin),
      profiles: profiles.map(fromStored),
    }));
  });
}

/**
 * Makes sure that a shipper sends the history that its role is for.
 * @throws {DomainError} `store_unavailable`, with what to do
 */
export async function requireOwnOrigin(manager: EntityManager, origin: string): Promise<void> {
  const [{ own }] = await manager.query<[{ own: string | null }]>('SELECT own_origin() AS own');
  if (own === null || own === toStored(origin)) return;
  throw new DomainError('store_unavailable', {
    message: `The role of this DATABASE_URL sends the history of ${fromStored(own)} alone, and not that of ${origin}. Give its ORIGIN, or the DATABASE_URL of this host.`,
  });
}

async function requireRights(manager: EntityManager): Promise<void> {
  const [{ mayCreate, isOwner }] = await manager.query<[{ mayCreate: boolean; isOwner: boolean }]>(
    `SELECT r.rolsuper OR r.rolcreaterole AS "mayCreate", r.rolsuper OR pg_has_role(c.relowner, 'MEMBER') AS "isOwner"
      FROM pg_roles r, pg_class c WHERE r.rolname = current_user AND c.oid = CAST('host_roles' AS regclass)`,
  );
  if (mayCreate && isOwner) return;
  throw new DomainError('store_unavailable', {
    message: `The role of this DATABASE_URL ${mayCreate ? 'does not own the tables' : 'may not create roles'}. Use the one that ran "hermes-sessions migrate", and as an administrator: ALTER ROLE ... CREATEROLE`,
  });
}

/** Makes the group of the hosts of this database, with all of these in it, and gives it its rights. @returns its name. */
async function ensureGroup(manager: EntityManager): Promise<string> {
  const group = await groupName(manager);
  await createRole(manager, group);
  for (const statement of (await groupsWithRights(manager)).flatMap(noRights)) await manager.query(statement);
  for (const statement of hostRights(group)) await manager.query(statement);
  for (const role of await rolesOutside(manager, group)) await manager.query(`GRANT ${group} TO ${role}`);
  for (const policy of HOST_POLICIES) {
    if (await hasPolicy(manager, group, policy)) continue;
    for (const statement of policySql(group, policy)) await manager.query(statement);
  }
  return group;
}

/**
 * Roles are those of all databases of a server, so that its name has a number of the database. One that was restored or copied has another
 * number, and keeps the group that has the rights to its tables: with another one all its hosts would have these rights without limits.
 */
async function groupName(manager: EntityManager): Promise<string> {
  const [{ group }] = await manager.query<[{ group: string }]>(
    `SELECT coalesce(
        (SELECT r.rolname FROM pg_policy p JOIN pg_roles r ON p.polroles = ARRAY[r.oid]
          WHERE p.polrelid = CAST('histories' AS regclass) AND p.polname = 'own_host'),
        (SELECT 'hermes_sessions_hosts_' || oid FROM pg_database WHERE datname = current_database())) AS group`,
  );
  return group;
}

/** Groups of hosts that have rights to these tables: a release of before may have left one beside the one that is used. */
async function groupsWithRights(manager: EntityManager): Promise<readonly string[]> {
  const groups = await manager.query<{ group: string }[]>(
    `SELECT DISTINCT r.rolname AS group FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND starts_with(r.rolname, 'hermes_sessions_hosts_') ORDER BY r.rolname`,
  );
  return groups.map(({ group }) => group);
}

/** Roles of hosts that are not in their group, since the database was restored by a release that made another one. */
async function rolesOutside(manager: EntityManager, group: string): Promise<readonly string[]> {
  const roles = await manager.query<{ role: string }[]>(
    `SELECT h.role FROM host_roles h JOIN pg_roles r ON r.rolname = h.role
      WHERE NOT pg_has_role(r.oid, CAST($1 AS name), 'MEMBER') ORDER BY h.role`,
    [group],
  );
  return roles.map(({ role }) => role);
}

async function hasPolicy(
  manager: EntityManager,
  group: string,
  { table, condition }: HostPolicy,
): Promise<boolean> {
  const found = await manager.query<unknown[]>(
    `SELECT 1 FROM pg_policy WHERE polrelid = to_regclass($1) AND polname = 'own_host' AND polcmd = '*' AND NOT polpermissive
        AND polroles = ARRAY[CAST(CAST($2 AS regrole) AS oid)] AND obj_description(oid, 'pg_policy') = $3`,
    [table, group, condition],
  );
  return found.length > 0;
}

/** A role that lets nobody in; one that is there stays as it is. */
async function createRole(manager: EntityManager, role: string): Promise<void> {
  if (!(await isRole(manager, role))) await manager.query(`CREATE ROLE ${role} NOLOGIN`);
}

async function isRole(manager: EntityManager, role: string): Promise<boolean> {
  return (await manager.query<unknown[]>('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).length > 0;
}

async function roleOf(manager: EntityManager, origin: string): Promise<string | null> {
  const [known] = await manager.query<{ role: string }[]>('SELECT role FROM host_roles WHERE origin = $1', [
    toStored(origin),
  ]);
  return known?.role ?? null;
}

/** Other databases of the server may have hosts of the same name. */
async function freeName(manager: EntityManager, origin: string): Promise<string> {
  const name = `${ROLE_PREFIX}${origin.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`;
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${String(number)}`;
    const role = `${name.slice(0, ROLE_LENGTH - suffix.length)}${suffix}`;
    if (!(await isRole(manager, role))) return role;
  }
}

/** Whoever can make functions where the server looks for them could have it call them. */
async function requireNoObjects(manager: EntityManager, role: string): Promise<void> {
  const [{ schema, may }] = await manager.query<[{ schema: string; may: boolean }]>(
    `SELECT current_schema() AS schema, has_schema_privilege($1, current_schema(), 'CREATE') AS may`,
    [role],
  );
  if (!may) return;
  throw new DomainError('store_unavailable', {
    message: `Every role may make functions in the schema ${schema}, which the server would call. First, as its owner: REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC`,
  });
}

/** Ends what a role has open, which goes on after another password and without any. */
async function endSessions(manager: EntityManager, role: string): Promise<void> {
  if (!(await isRole(manager, role))) return;
  const [{ may }] = await manager.query<[{ may: boolean }]>(
    `SELECT pg_has_role(CAST($1 AS name), 'USAGE') AS may`,
    [role],
  );
  // Whoever is no superuser ends only what members of its own roles do, and is no member for longer than that.
  if (!may) await manager.query(`GRANT ${role} TO CURRENT_USER`);
  await manager.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
  if (!may) await manager.query(`REVOKE ${role} FROM CURRENT_USER`);
}

/**
 * Drops a role with what it has made for itself: any may make large objects, and say what others may do with what it makes.
 * @throws {DomainError} `store_unavailable`, where it has some of it in another database
 */
async function dropRole(manager: EntityManager, role: string): Promise<void> {
  await manager.query('DELETE FROM host_roles WHERE role = $1', [role]);
  if (!(await isRole(manager, role))) return;
  // Whoever is no superuser drops only what members of its own roles have.
  await manager.query(`GRANT ${role} TO CURRENT_USER`);
  await manager.query(`DROP OWNED BY ${role}`);
  try {
    await manager.query(`DROP ROLE ${role}`);
  } catch (error) {
    if (!isStillNeeded(error)) throw error;
    throw new DomainError('store_unavailable', {
      message: `Nobody gets in as ${role} any more, but it has something in another database of this server. There, as an administrator: DROP OWNED BY ${role}. Then remove the host again.`,
      cause: error,
    });
  }
}

/** Nobody expects to hear of it any more, nothing of it is held back, and what has arrived is all that will. */
async function retireHistories(manager: EntityManager, ids: readonly number[]): Promise<void> {
  await manager.query(
    `UPDATE histories SET seen_at = NULL, compared_at = NULL, shipper_id = NULL, shipper_name = NULL, shipper_process = NULL,
        shipper_until = NULL, held_sessions = 0, held_digest = NULL, is_loaded = true, version = version + 1
      WHERE id = ANY($1)`,
    [ids],
  );
}

async function deleteHistories(manager: EntityManager, ids: readonly number[]): Promise<void> {
  for (const table of OF_A_HISTORY)
    await manager.query(`DELETE FROM ${table} WHERE history_id = ANY($1)`, [ids]);
  await manager.query('DELETE FROM histories WHERE id = ANY($1)', [ids]);
}
