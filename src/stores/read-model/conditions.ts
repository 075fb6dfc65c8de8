import { isLimited, type SessionAccess } from '../../sessions/session-access.js';
import type { SessionFilter } from '../../sessions/session-query.js';
import type { Dialect } from './dialect.js';
import { allOf, beginningWith, type SqlPiece } from './sql-piece.js';

/** What a list has entries of: conversations `e`, or session rows `e`. */
export type EntryKind = 'conversation' | 'row';

/** Where the entries are, and what is called differently in the two. */
export const ENTRIES = {
  conversation: { table: 'known_conversations', number: 'tip_number', id: 'tip_id', key: 'root_number' },
  row: { table: 'known_sessions', number: 'number', id: 'id', key: 'number' },
} as const;

/** SQL conditions for the entries that somebody may know of; of a conversation every session must be theirs. */
export function accessConditions(
  { text, texts, equals, isOneOf, areAmong }: Dialect,
  { userId, platforms }: SessionAccess,
  kind: EntryKind,
  alias = 'e',
): readonly SqlPiece[] {
  const owner = `${alias}.${kind === 'row' ? 'user_id' : 'owner_id'}`;
  return [
    ...(userId === undefined
      ? []
      : [{ sql: equals(owner, 'accessUser'), parameters: { accessUser: text(userId) } }]),
    ...(platforms === undefined
      ? []
      : [
          {
            sql: [
              isOneOf(`${alias}.platform`, 'accessPlatforms'),
              ...(kind === 'row' ? [] : [areAmong(`${alias}.other_platforms`, 'accessPlatforms')]),
            ].join(' AND '),
            parameters: { accessPlatforms: texts(platforms) },
          },
        ]),
  ];
}

/**
 * SQL conditions for the filters of a list, but for the archive rule and what is searched.
 * @param started the expression whose bounds are given, from which an index may follow.
 */
export function filterConditions(
  dialect: Dialect,
  filter: Omit<SessionFilter, 'archived' | 'includeChildren' | 'search'>,
  kind: EntryKind,
  started = 'e.started_order',
): readonly SqlPiece[] {
  const { platforms, exceptPlatforms, since, until, userId, model, title, folder, pinned } = filter;
  return [
    ...accessConditions(dialect, filter.access, kind),
    ...(platforms === undefined ? [] : [platformCondition(dialect, platforms)]),
    ...(exceptPlatforms === undefined ? [] : [exceptionCondition(dialect, exceptPlatforms)]),
    ...(since === undefined && until === undefined
      ? []
      : [{ sql: `${started} >= :since`, parameters: { since: Math.max(0, since ?? 0) } }]),
    ...(until === undefined ? [] : [{ sql: `${started} < :until`, parameters: { until } }]),
    ...(userId === undefined
      ? []
      : [{ sql: dialect.equals('e.user_id', 'userId'), parameters: { userId: dialect.text(userId) } }]),
    ...(model === undefined
      ? []
      : [{ sql: dialect.equals('e.model', 'model'), parameters: { model: dialect.text(model) } }]),
    ...(title === undefined ? [] : [titleCondition(dialect, title, kind)]),
    ...(folder === undefined ? [] : [folderCondition(dialect, folder, kind)]),
    ...originConditions(dialect, filter, kind),
    // Of a conversation, what its first session says counts, as it is shown.
    ...(pinned === undefined ? [] : [{ sql: pinned ? 'e.pinned' : 'NOT e.pinned', parameters: {} }]),
  ];
}

/** In a chain, the title of any member counts. */
function titleCondition({ titled, text }: Dialect, title: string, kind: EntryKind): SqlPiece {
  const found = kind === 'row' ? 'e.number IN (SELECT number' : 'e.root_number IN (SELECT family_number';
  return { sql: `${found} FROM (${titled}))`, parameters: { title: text(title) } };
}

/** In a chain, the folder of any member counts. */
function folderCondition({ text }: Dialect, folder: string, kind: EntryKind): SqlPiece {
  const found = kind === 'row' ? 'e.number IN (SELECT k.number' : 'e.root_number IN (SELECT k.family_number';
  return {
    sql: `${found} FROM known_sessions k WHERE k.cwd = :folder OR k.cwd LIKE :within ESCAPE '\\')`,
    parameters: { folder: text(folder), within: text(beginningWith(`${folder.replace(/\/+$/, '')}/`)) },
  };
}

function exceptionCondition({ isOneOf, texts }: Dialect, platforms: readonly string[]): SqlPiece {
  return {
    sql: `NOT ${isOneOf('e.platform', 'exceptPlatforms')}`,
    parameters: { exceptPlatforms: texts(platforms) },
  };
}

/** Conditions on the session that an entry begins with. */
function originConditions(
  { number }: Dialect,
  { minMessages, isEmpty }: Pick<SessionFilter, 'minMessages' | 'isEmpty'>,
  kind: EntryKind,
): readonly SqlPiece[] {
  const origin = kind === 'row' ? 'e' : 'f';
  const ofOrigin = (sql: string): string =>
    kind === 'row'
      ? sql
      : `EXISTS (SELECT 1 FROM known_sessions f WHERE f.number = e.root_number AND ${sql})`;
  const count = `coalesce(${number(`${origin}.message_count`)}, 0)`;
  return [
    ...(minMessages === undefined
      ? []
      : [{ sql: ofOrigin(`${count} >= :minMessages`), parameters: { minMessages } }]),
    ...(isEmpty === undefined
      ? []
      : [
          {
            sql: ofOrigin(`${origin}.stored_messages = 0 AND ${origin}.ended_at IS NOT NULL`),
            parameters: {},
          },
        ]),
  ];
}

/** One platform is the beginning of an index, in whose order the entries of a page follow each other; several are not. */
export function platformCondition(dialect: Dialect, platforms: readonly string[], alias = 'e'): SqlPiece {
  const [platform] = platforms;
  return platform !== undefined && platforms.length === 1
    ? {
        sql: dialect.equals(`${alias}.platform`, 'platform'),
        parameters: { platform: dialect.text(platform) },
      }
    : {
        sql: dialect.isOneOf(`${alias}.platform`, 'platforms'),
        parameters: { platforms: dialect.texts(platforms) },
      };
}

/** SQL conditions for session rows that are no entry by themselves and that the filters of a list of conversations let through. */
export function childConditions(dialect: Dialect, filter: SessionFilter): readonly SqlPiece[] {
  const { userId, platforms } = filter.access;
  const own = allOf(accessConditions(dialect, { userId, platforms }, 'row', 'o'));
  return [
    ...filterConditions(dialect, filter, 'row'),
    { sql: 'NOT e.is_entry', parameters: {} },
    // As of a conversation, nothing is told of a chain that is not theirs as a whole.
    ...(isLimited(filter.access)
      ? [
          {
            sql: `NOT EXISTS (SELECT 1 FROM known_sessions o WHERE o.family_number = e.family_number
              AND o.family_number <> o.number AND (${own.sql}) IS NOT TRUE)
              AND NOT EXISTS (SELECT 1 FROM known_sessions o WHERE o.number = e.family_number AND (${own.sql}) IS NOT TRUE)`,
            parameters: own.parameters,
          },
        ]
      : []),
  ];
}

/** The archive rule; undefined where it lets all through. */
export function archiveCondition(archived: SessionFilter['archived']): string | undefined {
  switch (archived) {
    case 'any':
      return undefined;
    case 'true':
      return 'e.archived = 1';
    case 'false':
      return 'e.archived = 0';
  }
}

/** Whether the kept totals know all that is filtered: an exact number comes from there without counting. */
export function isCountedByPlatform({ access, ...filter }: SessionFilter): boolean {
  const { archived: _archived, includeChildren: _children, platforms: _platforms, ...rest } = filter;
  return !isLimited(access) && Object.values<unknown>(rest).every((value) => value === undefined);
}
