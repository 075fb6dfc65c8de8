import { DomainError } from '../../../domain/errors.js';
import { isLimited, type SessionAccess } from '../../../sessions/session-access.js';
import type { SessionFilter } from '../../../sessions/session-query.js';
import { allOf, type SqlPiece } from '../../read-model/sql-piece.js';
import { toStored } from '../schema/stored-text.js';

/** What a list has entries of: conversations `e`, or session rows `e`. */
export type EntryKind = 'conversation' | 'row';

/** Where the entries are, and what is called differently in the two. */
export const ENTRIES = {
  conversation: { table: 'conversations', key: 'root_id', id: 'tip_id' },
  row: { table: 'sessions', key: 'id', id: 'id' },
} as const;

/**
 * SQL conditions for the histories that somebody may know of, on a table with a `history_id`. Every query asks here.
 * @param alias of that table.
 */
export function historyConditions(access: SessionAccess, alias = 'e'): readonly SqlPiece[] {
  const { profiles, origins } = access;
  if (profiles === undefined && origins === undefined) return [];
  const conditions = [
    ...(profiles === undefined ? [] : ['h.profile = ANY(:accessProfiles)']),
    ...(origins === undefined ? [] : ['h.origin = ANY(:accessOrigins)']),
  ];
  return [
    {
      sql: `${alias}.history_id IN (SELECT h.id FROM histories h WHERE ${conditions.join(' AND ')})`,
      parameters: {
        accessProfiles: profiles?.map(toStored),
        accessOrigins: origins?.map(toStored),
      },
    },
  ];
}

/** SQL conditions for the entries that somebody may know of; of a conversation every session must be theirs. */
export function accessConditions(access: SessionAccess, kind: EntryKind, alias = 'e'): readonly SqlPiece[] {
  const { userId, platforms } = access;
  const owner = `${alias}.${kind === 'row' ? 'user_id' : 'owner_id'}`;
  return [
    ...historyConditions(access, alias),
    ...(userId === undefined ? [] : [textCondition(owner, 'accessUser', userId)]),
    ...(platforms === undefined
      ? []
      : [
          {
            sql:
              kind === 'row'
                ? `${alias}.platform = ANY(:accessPlatforms)`
                : `${alias}.platforms <@ CAST(:accessPlatforms AS text[])`,
            parameters: { accessPlatforms: platforms.map(toStored) },
          },
        ]),
  ];
}

/** SQL conditions for the filters of a list, but for the archive rule and what is searched. */
export function filterConditions(filter: SessionFilter, kind: EntryKind): readonly SqlPiece[] {
  const { platforms, since, until, userId, model, title, pinned } = filter;
  const { exceptPlatforms, minMessages, isEmpty, folder } = filter;
  if (folder !== undefined)
    throw new DomainError('unsupported_by_store', { message: 'Folders stay at their hosts.' });
  return [
    ...accessConditions(filter.access, kind),
    ...(platforms === undefined
      ? []
      : [{ sql: 'e.platform = ANY(:platforms)', parameters: { platforms: platforms.map(toStored) } }]),
    ...(since === undefined && until === undefined
      ? []
      : [{ sql: 'e.started_order >= :since', parameters: { since: Math.max(0, since ?? 0) } }]),
    ...(until === undefined ? [] : [{ sql: 'e.started_order < :until', parameters: { until } }]),
    ...(userId === undefined ? [] : [textCondition('e.user_id', 'userId', userId)]),
    ...(model === undefined ? [] : [{ sql: 'e.model = :model', parameters: { model: toStored(model) } }]),
    ...(title === undefined ? [] : [titleCondition(title, kind)]),
    ...(exceptPlatforms === undefined
      ? []
      : [
          {
            sql: 'e.platform <> ALL(:exceptPlatforms)',
            parameters: { exceptPlatforms: exceptPlatforms.map(toStored) },
          },
        ]),
    ...(minMessages === undefined
      ? []
      : [{ sql: ofFirst('f.message_count >= :minMessages', kind), parameters: { minMessages } }]),
    ...(isEmpty === undefined
      ? []
      : [{ sql: ofFirst('f.stored_messages = 0 AND f.ended_at IS NOT NULL', kind), parameters: {} }]),
    ...(pinned === undefined ? [] : [{ sql: pinnedCondition(pinned, kind), parameters: {} }]),
  ];
}

/** A condition on the session `f` that an entry begins with. */
function ofFirst(condition: string, kind: EntryKind): string {
  const id = kind === 'row' ? 'id' : 'root_id';
  return `EXISTS (SELECT 1 FROM sessions f WHERE f.history_id = e.history_id AND f.id = e.${id} AND ${condition})`;
}

/** Of a conversation, what its first session says counts, as it is shown. */
function pinnedCondition(pinned: boolean, kind: EntryKind): string {
  if (kind === 'row') return pinned ? 'e.pinned' : 'NOT e.pinned';
  const root = `EXISTS (SELECT 1 FROM sessions p WHERE p.history_id = e.history_id AND p.id = e.root_id AND p.pinned)`;
  return pinned ? `e.is_pinned AND ${root}` : `NOT ${root}`;
}

/** SQL conditions for session rows that are no entry by themselves and that the filters of a list of conversations let through. */
export function childConditions(filter: SessionFilter): readonly SqlPiece[] {
  const own = allOf(accessConditions(withoutHistories(filter.access), 'row', 'o'));
  return [
    ...filterConditions(filter, 'row'),
    { sql: 'NOT e.is_entry', parameters: {} },
    // As of a conversation, nothing is told of a chain that is not theirs as a whole.
    ...(isLimited(filter.access)
      ? [
          {
            sql: `NOT EXISTS (SELECT 1 FROM sessions o WHERE o.history_id = e.history_id AND o.root_id = e.root_id
              AND (${own.sql}) IS NOT TRUE)`,
            parameters: own.parameters,
          },
        ]
      : []),
  ];
}

function withoutHistories({ userId, platforms }: SessionAccess): SessionAccess {
  return { userId, platforms };
}

/** In a chain, the title of any member counts. */
function titleCondition(title: string, kind: EntryKind): SqlPiece {
  const parameters = { title: toStored(title) };
  if (kind === 'row') return { sql: 'md5(e.title) = md5(:title) AND e.title = :title', parameters };
  return {
    sql: `(e.history_id, e.root_id) IN (SELECT t.history_id, t.root_id FROM sessions t
      WHERE md5(t.title) = md5(:title) AND t.title = :title)`,
    parameters,
  };
}

/** The archive rule; undefined where it lets all through. */
export function archiveCondition(archived: SessionFilter['archived']): string | undefined {
  switch (archived) {
    case 'any':
      return undefined;
    case 'true':
      return 'e.archived';
    case 'false':
      return 'NOT e.archived';
  }
}

/** The filters that the kept totals know: an exact number comes from there without counting. */
export function isCountedByPlatform({ access, ...filter }: SessionFilter): boolean {
  const { archived: _archived, includeChildren: _children, platforms: _platforms, ...rest } = filter;
  return !isLimited(access) && Object.values<unknown>(rest).every((value) => value === undefined);
}

/** An index has the beginnings of these texts, since any text is allowed and an index takes no long ones. */
function textCondition(column: string, name: string, value: string): SqlPiece {
  return {
    sql: `left(${column}, 100) = left(:${name}, 100) AND ${column} = :${name}`,
    parameters: { [name]: toStored(value) },
  };
}
