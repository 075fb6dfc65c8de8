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

/** Prefix of role names, which contain letters, digits and underscores; PostgreSQL limits them to 63 bytes. */
const ROLE_PREFIX = 'hermes_host_';
const ROLE_LENGTH = 63;

/** Bytes of a generated password. Nobody types it. */
const PASSWORD_BYTES = 32;

/** How long adding a host retries to lock the tables, which the first host needs, in milliseconds. */
const PATIENCE = 60_000;

/** The database credentials of a host. */
export interface HostCredentials {
  readonly role: string;
  /** The database stores only a hash of it. */
  readonly password: string;
}

/** A host that the database knows. */
export interface KnownHost {
  readonly origin: string;
  /** The role that is restricted to this host; null if the host uses an unrestricted role. */
  readonly role: string | null;
  readonly profiles: readonly string[];
  readonly sessions: number;
  /** Seconds since its shipper last reported; null if none is expected. */
  readonly seenSeconds: number | null;
}

/** What happens to the history of a removed host. */
export type HistoryFate = 'keep' | 'delete';

/** A removed host. */
export interface RemovedHost {
  /** How many sessions it had. */
  readonly sessions: number;
}

/**
 * Gives a host its own role, which reads and writes only the host's history. If it has one, the role gets a new password, and its open
 * connections are terminated. The caller must own the tables and may create roles.
 * @throws {DomainError} `store_unavailable` if the caller lacks these rights, or every role may create objects in the server's schema
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
 * Removes a host: its role is dropped, its shipper is no longer expected, and its history is kept or deleted. If this fails, nobody can
 * log in with the role any more, and the removal can be repeated.
 * @returns null if there is no such host.
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
  // Only now: sessions that were terminated before NOLOGIN could reconnect at once.
  if (role !== null) await connection.transaction((manager) => endSessions(manager, role));
  const sessions = await connection.transaction((manager) => removeHistories(manager, origin, fate));
  if (role !== null) await connection.transaction((manager) => dropRole(manager, role));
  return role === null && sessions === null ? null : { sessions: sessions ?? 0 };
}

/**
 * Removes one profile of a host, as {@link removeHost} removes a host; the host stays. A shipper that still has the profile sends it
 * again.
 * @returns null if there is no such profile.
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

/**
 * @param profile whose history to remove; omit it for all histories of the host. @returns how many sessions they had; null if there is no
 *   history.
 */
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

/** All hosts that have their own role or a history. */
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
 * Requires that a shipper sends only the history that its role is restricted to.
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

/** Creates the group of this database's host roles, adds all of them to it, and grants it its rights. @returns its name. */
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
 * Roles are shared by all databases of a server, so the group's name contains the database's OID. A restored or copied database has
 * another OID, but keeps the group that its policies name: members of another group would have the table rights without the policies.
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

/** Groups of hosts with rights on these tables. An earlier release may have left one beside the current group. */
async function groupsWithRights(manager: EntityManager): Promise<readonly string[]> {
  const groups = await manager.query<{ group: string }[]>(
    `SELECT DISTINCT r.rolname AS group FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND starts_with(r.rolname, 'hermes_sessions_hosts_') ORDER BY r.rolname`,
  );
  return groups.map(({ group }) => group);
}

/** Host roles that are not in their group, because an earlier release restored the database and created another one. */
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

/** Creates a role that cannot log in; an existing role is unchanged. */
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

/** Other databases of the server may have hosts with the same name. */
async function freeName(manager: EntityManager, origin: string): Promise<string> {
  const name = `${ROLE_PREFIX}${origin.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`;
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${String(number)}`;
    const role = `${name.slice(0, ROLE_LENGTH - suffix.length)}${suffix}`;
    if (!(await isRole(manager, role))) return role;
  }
}

/** A role that can create functions in the server's schema could make the server call them. */
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

/** Terminates the open connections of a role; a new password or NOLOGIN would not end them. */
async function endSessions(manager: EntityManager, role: string): Promise<void> {
  if (!(await isRole(manager, role))) return;
  const [{ may }] = await manager.query<[{ may: boolean }]>(
    `SELECT pg_has_role(CAST($1 AS name), 'USAGE') AS may`,
    [role],
  );
  // Only a superuser may terminate sessions of any role; others must be a member of that role, here only for this statement.
  if (!may) await manager.query(`GRANT ${role} TO CURRENT_USER`);
  await manager.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
  if (!may) await manager.query(`REVOKE ${role} FROM CURRENT_USER`);
}

/**
 * Drops a role with the objects that it owns: any role may create large objects and set default privileges.
 * @throws {DomainError} `store_unavailable` if it owns objects in another database
 */
async function dropRole(manager: EntityManager, role: string): Promise<void> {
  await manager.query('DELETE FROM host_roles WHERE role = $1', [role]);
  if (!(await isRole(manager, role))) return;
  // Only a superuser may drop objects of any role; others must be a member of that role.
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

/** Marks histories as complete, without a shipper, and with nothing held back. */
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
