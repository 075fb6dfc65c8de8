import type { EntityManager } from 'typeorm';
import { DomainError } from '../../domain/errors.js';
import type { SessionAccess } from '../../domain/access.js';
import type {
  ProfileMeasurements,
  ProfileStatus,
  StoreFeatures,
  StoreStatus,
} from '../../sessions/store-health.js';
import type { ShippingStatus } from '../../sessions/shipping-status.js';
import { queryNamed } from './connection/named-query.js';
import { allOf } from '../read-model/sql-piece.js';
import { historyConditions } from './schema/postgres-dialect.js';

/** SQL for the numbers of sessions and messages per history, from the maintained totals. */
const COUNTS = `SELECT c.history_id, sum(c.entries) AS sessions, sum(c.messages) AS messages
  FROM session_counts c WHERE c.kind = 'row' GROUP BY 1`;

/** SQL for a time or an interval in seconds. */
export function epoch(time: string): string {
  return `CAST(extract(epoch FROM ${time}) AS double precision)`;
}

/**
 * A revision that stays the same until something in the database changes. After a backup is restored, or a lagging standby is promoted,
 * the counters can repeat; then the start time, the database, or the table's file differs.
 */
export async function readRevision(manager: EntityManager): Promise<string> {
  const [row] = await manager.query<{ revision: string }[]>(
    `SELECT concat_ws(' ', count(*), max(id), sum(version), pg_postmaster_start_time(), pg_relation_filenode('histories'),
        (SELECT oid FROM pg_database WHERE datname = current_database())) AS revision FROM histories`,
  );
  return row?.revision ?? '';
}

/** Changes that this server offers and the host's shipper executes. */
type ChangeFeature = 'rename' | 'archive' | 'pin' | 'delete';

/** SQL: whether the host of a row of histories executes a change. */
export const MAKES: Readonly<Record<ChangeFeature, string>> = {
  rename: 'can_change',
  archive: 'can_change AND can_archive',
  pin: 'can_change AND can_pin',
  delete: 'can_change AND can_delete',
};

/** The features that at least one history supports; for another history a change may still be refused. */
export async function readFeatures(manager: EntityManager): Promise<StoreFeatures> {
  const columns = Object.entries(MAKES).map(
    ([name, makes]) => `coalesce(bool_or(${makes}), true) AS ${name}`,
  );
  const [row] = await manager.query<Pick<StoreFeatures, ChangeFeature>[]>(
    `SELECT ${columns.join(', ')} FROM histories`,
  );
  return { search: true, rename: true, archive: true, pin: true, delete: true, create: false, ...row };
}

/**
 * Requires that at least one host of the accessible histories executes a change.
 * @throws {DomainError} `unsupported_by_store`
 */
export async function requireMade(
  manager: EntityManager,
  change: ChangeFeature,
  access: SessionAccess,
): Promise<void> {
  const within = allOf(historyConditions(access, 'w'));
  const [row] = await queryNamed<{ is_made: boolean | null }>(
    manager,
    `SELECT bool_or(${MAKES[change]}) AS is_made FROM (SELECT id AS history_id, * FROM histories) w WHERE ${within.sql}`,
    within.parameters,
  );
  if (row?.is_made !== false) return;
  throw new DomainError('unsupported_by_store', {
    message: `No host that this selects makes this change from here (${change}). Make it at that host.`,
  });
}

/**
 * The accessible profiles that have not fully arrived: the data that shows that a conversation is in use may still be missing.
 * @throws {DomainError} `store_unavailable` if none has fully arrived
 */
export async function requireArrived(
  manager: EntityManager,
  access: SessionAccess,
): Promise<readonly string[]> {
  const within = allOf(historyConditions(access, 'w'));
  const rows = await queryNamed<{ profile: string; origin: string; is_loaded: boolean }>(
    manager,
    `SELECT w.profile, w.origin, w.is_loaded FROM (SELECT id AS history_id, * FROM histories) w WHERE ${within.sql} ORDER BY w.origin, w.profile`,
    within.parameters,
  );
  const arriving = rows.filter(({ is_loaded: isLoaded }) => !isLoaded);
  const [first] = arriving;
  if (first !== undefined && arriving.length === rows.length) throw stillArriving(first);
  return [...new Set(arriving.map(({ profile }) => profile))];
}

/** Nothing is decided on the basis of a partially arrived history. */
export function stillArriving({ profile, origin }: { profile: string; origin: string }): DomainError {
  return new DomainError('store_unavailable', {
    message: `The history ${profile} of ${origin} is still arriving: what belongs together may not be there yet. Nothing was changed; try again once all of it is there.`,
  });
}

/** The status of the database for operators. */
export async function readStatus(manager: EntityManager): Promise<StoreStatus> {
  const [row] = await manager.query<
    { sessions: number; messages: number; active: number; version: number | null; age: number | null }[]
  >(
    `SELECT coalesce(CAST(sum(c.sessions) AS bigint), 0) AS sessions, coalesce(CAST(sum(c.messages) AS bigint), 0) AS messages,
        (SELECT count(*) FROM sessions WHERE ended_at IS NULL) AS active, (SELECT max(schema_version) FROM histories) AS version,
        (SELECT ${epoch('now() - min(seen_at)')} FROM histories) AS age
      FROM (${COUNTS}) c`,
  );
  return {
    kind: 'postgres',
    schemaVersion: row?.version ?? null,
    journalMode: null,
    sessions: row?.sessions ?? 0,
    messages: row?.messages ?? 0,
    activeSessions: row?.active ?? 0,
    unreadableSessions: null,
    indexAgeSeconds: row?.age ?? null,
    staleReason: null,
  };
}

/** Metrics of the histories. */
export async function measureHistories(
  manager: EntityManager,
  searchesWaiting: number,
): Promise<readonly ProfileMeasurements[]> {
  const rows = await manager.query<
    {
      profile: string;
      origin: string;
      is_loaded: boolean;
      file_bytes: number;
      sessions: number;
      messages: number;
      age: number | null;
      compared: number | null;
      held: number;
    }[]
  >(
    `SELECT h.profile, h.origin, h.is_loaded, h.file_bytes, coalesce(CAST(c.sessions AS bigint), 0) AS sessions,
        coalesce(CAST(c.messages AS bigint), 0) AS messages,
        ${epoch('now() - h.seen_at')} AS age,
        ${epoch('now() - h.compared_at')} AS compared, h.held_sessions AS held
      FROM histories h LEFT JOIN (${COUNTS}) c ON c.history_id = h.id ORDER BY h.origin, h.profile`,
  );
  return rows.map(
    ({ profile, origin, is_loaded: ready, file_bytes: fileBytes, sessions, messages, ...row }) => ({
      profile,
      origin,
      ready,
      sessions,
      messages,
      fileBytes,
      searchesWaiting,
      journalBytes: 0,
      indexAgeSeconds: row.age,
      shipping: { comparedSeconds: row.compared, heldSessions: row.held },
    }),
  );
}

/** How far a profile's history has been shipped. */
export interface ShippedHistory {
  readonly profile: string;
  /** The shipper that holds the lease; null if none does. */
  readonly shipper: string | null;
  /** Seconds since a shipper last reported, and since the last complete comparison; null if never. */
  readonly seenSeconds: number | null;
  readonly comparedSeconds: number | null;
  readonly heldSessions: number;
}

/** The histories of a host. */
export async function readShippedHistories(
  manager: EntityManager,
  origin: string,
): Promise<readonly ShippedHistory[]> {
  return manager.query(
    `SELECT profile, CASE WHEN shipper_until > now() THEN shipper_name END AS shipper,
        ${epoch('now() - seen_at')} AS "seenSeconds",
        ${epoch('now() - compared_at')} AS "comparedSeconds", held_sessions AS "heldSessions"
      FROM histories WHERE origin = $1 ORDER BY NOT is_default, profile`,
    [origin],
  );
}

/** The profiles of all hosts that the caller may see. */
export async function readProfiles(
  manager: EntityManager,
  access: SessionAccess,
): Promise<readonly ProfileStatus[]> {
  const within = allOf(historyConditions(access, 'w'));
  const rows = await queryNamed<
    { profile: string; origin: string; is_default: boolean; is_loaded: boolean } & ShippingStatus
  >(
    manager,
    `SELECT w.profile, w.origin, w.is_default, w.is_loaded, ${epoch('seen_at')} AS "inStepAt", ${epoch('now() - seen_at')} AS "inStepSeconds",
        ${epoch('compared_at')} AS "comparedAt", ${epoch('now() - compared_at')} AS "comparedSeconds", held_sessions AS "heldSessions"
      FROM (SELECT id AS history_id, * FROM histories) w WHERE ${within.sql} ORDER BY w.origin, NOT w.is_default, w.profile`,
    within.parameters,
  );
  return rows.map(({ profile, origin, is_default: isDefault, is_loaded: isLoaded, ...row }) => ({
    name: profile,
    origin,
    isDefault,
    shipping: {
      inStepAt: row.inStepAt,
      inStepSeconds: row.inStepSeconds,
      comparedAt: row.comparedAt,
      comparedSeconds: row.comparedSeconds,
      heldSessions: row.heldSessions,
    },
    readiness: isLoaded
      ? { ready: true }
      : { ready: false, reason: 'Its history is still arriving.', progress: null, building: true },
  }));
}
