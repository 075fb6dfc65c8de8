import type { EntityManager } from 'typeorm';
import type { Cursor } from '../../../http/cursor.js';
import { chainFrom, chainRoot } from '../../../sessions/lineage/lineage.js';
import { visibleParent, visibleTo } from '../../../sessions/lineage/visible-lineage.js';
import { isLimited, type HistoryName, type SessionAccess } from '../../../sessions/session-access.js';
import type { PlacedSession, SessionSort } from '../../../sessions/session-query.js';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import { StoredLineage, type StoredSession } from '../write/derivation.js';
import { toSession } from './session-forms.js';

/** An entry of a list by its keys, as they are stored, and where it stands in the order. */
export interface ListedEntry {
  readonly history_id: number;
  readonly id: string;
  readonly root_id: string;
  readonly value: number;
  readonly started_order: number;
  readonly active_order: number;
}

/** What a list shows of its entries, with their rows as they are. */
export async function readListed(
  manager: EntityManager,
  entries: readonly ListedEntry[],
  {
    sort,
    access,
    includeChildren,
  }: {
    readonly sort: SessionSort;
    readonly access: SessionAccess;
    readonly includeChildren: boolean;
  },
): Promise<readonly PlacedSession[]> {
  if (entries.length === 0) return [];
  const rows = await readRows(manager, entries, isLimited(access));
  return entries.flatMap((entry) => {
    const lineage = rows.get(entry.history_id);
    const tip = lineage?.stored.get(entry.id);
    const first = includeChildren ? tip : lineage?.stored.get(entry.root_id);
    if (lineage === undefined || tip === undefined || first === undefined) return [];
    const session = toSession(tip, first, {
      history: lineage.name,
      parentId: visibleParent(access, lineage.whole, first.parentId),
      lastActiveAt: entry.active_order < 0 ? null : entry.active_order,
      ...chainFacts(tip, lineage.whole, access),
    });
    return [{ session, place: placeOf(entry, sort) }];
  });
}

/** What is told of a session's chain: all of it, or as much as whoever asks may know. */
function chainFacts(
  session: StoredSession,
  whole: StoredLineage,
  access: SessionAccess,
): { readonly rootId: string; readonly chainLength: number } {
  if (!isLimited(access)) return { rootId: session.rootId, chainLength: session.chainLength };
  const visible = visibleTo(access, whole);
  const root = chainRoot(visible, session);
  return { rootId: root.id, chainLength: chainFrom(visible, root).length };
}

/** The place of an entry; histories with equal entries are told apart by their numbers. */
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
  /** By their ids as they are stored. */
  readonly stored: ReadonlyMap<string, StoredSession>;
  readonly whole: StoredLineage;
}

/** The rows of entries by their histories; with all of their chains and what these came from, where somebody may not see all of them. */
async function readRows(
  manager: EntityManager,
  entries: readonly ListedEntry[],
  withChains: boolean,
): Promise<ReadonlyMap<number, HistoryRows>> {
  const sessions = new EntityRows(manager, SessionEntity);
  const keys = `(SELECT unnest($1::int[]) AS history_id, unnest($2::text[]) AS id, unnest($3::text[]) AS root_id)`;
  const columns = sessions.columns('s');
  const parameters = [
    entries.map(({ history_id: history }) => history),
    entries.map(({ id }) => id),
    entries.map(({ root_id: root }) => root),
  ];
  const rows = withChains
    ? `WITH chains AS (SELECT DISTINCT ${columns} FROM ${keys} k
          JOIN sessions e ON e.history_id = k.history_id AND e.id = k.id
          JOIN sessions s ON s.history_id = e.history_id AND s.root_id = e.root_id)
        SELECT * FROM chains UNION SELECT ${columns} FROM chains c
          JOIN sessions s ON s.history_id = c.history_id AND s.id = c.parent_session_id`
    : `WITH k AS (SELECT * FROM ${keys} keys),
          wanted AS (SELECT history_id, id FROM k UNION SELECT history_id, root_id FROM k)
        SELECT ${columns} FROM wanted w JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id`;
  const found = await manager.query<FoundRow[]>(
    `SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
      FROM (${rows}) r JOIN histories h ON h.id = r.history_id`,
    parameters,
  );
  return byHistory(found, sessions.fromColumns(found));
}

type FoundRow = Readonly<Record<string, unknown>> & {
  readonly history_profile: string;
  readonly history_origin: string;
};

function byHistory(
  found: readonly FoundRow[],
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
