import type { EntityManager } from 'typeorm';
import { toSession } from '../../../domain/session.js';
import type { Cursor } from '../../../domain/cursor.js';
import { visibleChain, visibleParent } from '../../../sessions/lineage/visible-lineage.js';
import { isLimited, type HistoryName, type SessionAccess } from '../../../domain/access.js';
import type { PlacedSession, SessionSort } from '../../../sessions/session-query.js';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import { StoredLineage, type StoredSession } from '../write/derivation.js';

/** The keys of a list entry, as stored, and its position in the order. */
export interface ListedEntry {
  readonly history_id: number;
  readonly id: string;
  readonly root_id: string;
  readonly value: number;
  readonly started_order: number;
  readonly active_order: number;
}

/** How entries are shown. */
export interface ListedWay {
  readonly sort: SessionSort;
  readonly access: SessionAccess;
  readonly includeChildren: boolean;
}

/** The list entries with their current rows. */
export async function readListed(
  manager: EntityManager,
  entries: readonly ListedEntry[],
  way: ListedWay,
): Promise<readonly PlacedSession[]> {
  if (entries.length === 0) return [];
  const keys =
    '(SELECT unnest($1::int[]) AS history_id, unnest($2::text[]) AS id, unnest($3::text[]) AS root_id)';
  const rows = await manager.query<ListedRow[]>(listedRowsSql(manager, keys, way.access), [
    entries.map(({ history_id: history }) => history),
    entries.map(({ id }) => id),
    entries.map(({ root_id: root }) => root),
  ]);
  return toListed(manager, entries, rows, way);
}

/** Builds list entries from the rows that {@link listedRowsSql} selects for them. */
export function toListed(
  manager: EntityManager,
  entries: readonly ListedEntry[],
  rows: readonly ListedRow[],
  { sort, access, includeChildren }: ListedWay,
): readonly PlacedSession[] {
  const histories = byHistory(rows, new EntityRows(manager, SessionEntity).fromColumns(rows));
  return entries.flatMap((entry) => {
    const lineage = histories.get(entry.history_id);
    const tip = lineage?.stored.get(entry.id);
    const first = includeChildren ? tip : lineage?.stored.get(entry.root_id);
    if (lineage === undefined || tip === undefined || first === undefined) return [];
    const session = toSession(tip, first, {
      ...lineage.name,
      parentId: visibleParent(access, lineage.whole, first.parentId),
      lastActiveAt: entry.active_order < 0 ? null : entry.active_order,
      ...visibleChain(access, lineage.whole, tip.id, tip),
    });
    return [{ session, place: placeOf(entry, sort) }];
  });
}

/** The cursor of an entry; the history's number distinguishes equal entries of several histories. */
function placeOf(entry: ListedEntry, sort: SessionSort): Cursor {
  return {
    sort,
    value: entry.value,
    startedAt: entry.started_order,
    id: fromStored(entry.id),
    profile: String(entry.history_id),
  };
}

interface HistoryRows {
  readonly name: HistoryName;
  /** By stored id. */
  readonly stored: ReadonlyMap<string, StoredSession>;
  readonly whole: StoredLineage;
}

/**
 * Selects the rows of entries. For restricted access also all sessions of their chains, and the parents of these.
 * @param keys a FROM item with the entries' keys: `history_id`, `id` and `root_id`.
 */
export function listedRowsSql(manager: EntityManager, keys: string, access: SessionAccess): string {
  const columns = new EntityRows(manager, SessionEntity).columns('s');
  const rows = isLimited(access)
    ? `WITH chains AS (SELECT DISTINCT ${columns} FROM ${keys} k
          JOIN sessions e ON e.history_id = k.history_id AND e.id = k.id
          JOIN sessions s ON s.history_id = e.history_id AND s.root_id = e.root_id)
        SELECT * FROM chains UNION SELECT ${columns} FROM chains c
          JOIN sessions s ON s.history_id = c.history_id AND s.id = c.parent_session_id`
    : `WITH k AS (SELECT * FROM ${keys} keys),
          wanted AS (SELECT history_id, id FROM k UNION SELECT history_id, root_id FROM k)
        SELECT ${columns} FROM wanted w JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id`;
  return `SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
    FROM (${rows}) r JOIN histories h ON h.id = r.history_id`;
}

/** A session row with the name of its history. */
export type ListedRow = Readonly<Record<string, unknown>> & {
  readonly history_profile: string;
  readonly history_origin: string;
};

function byHistory(
  found: readonly ListedRow[],
  sessions: readonly StoredSession[],
): ReadonlyMap<number, HistoryRows> {
  const groups = new Map<number, { readonly name: HistoryName; readonly rows: StoredSession[] }>();
  for (const [at, session] of sessions.entries()) {
    const { history_profile: profile = '', history_origin: origin = '' } = found[at] ?? {};
    const group = groups.get(session.historyId) ?? { name: { profile, origin }, rows: [] };
    groups.set(session.historyId, group);
    group.rows.push(session);
  }
  return new Map(
    [...groups].map(([id, { name, rows }]) => [
      id,
      {
        name,
        stored: new Map(rows.map((row) => [toStored(row.id), row])),
        whole: new StoredLineage(rows),
      },
    ]),
  );
}
