import { DomainError } from '../../domain/errors.js';
import { isLimited, type SessionAccess } from '../../domain/access.js';
import { startsOf } from '../../sessions/session-filter.js';
import type { SessionFilter } from '../../sessions/session-query.js';
import type { Dialect, EntryKind } from './dialect.js';
import { allOf, beginningWith, fixed, type SqlPiece } from './sql-piece.js';

/** The last character in the order of ids. */
const LAST_CHARACTER = '\u{10FFFF}';

/** SQL conditions for the entries that the caller may see; a conversation only if all its sessions are visible. */
export function accessConditions(
  dialect: Dialect,
  access: SessionAccess,
  kind: EntryKind,
  alias = 'e',
): readonly SqlPiece[] {
  return [...dialect.within(access, alias), ...ownerConditions(dialect, access, kind, alias)];
}

function ownerConditions(
  { text, texts, isText, isOneOf, arePlatformsAmong }: Dialect,
  { userId, platforms }: SessionAccess,
  kind: EntryKind,
  alias: string,
): readonly SqlPiece[] {
  const owner = `${alias}.${kind === 'row' ? 'user_id' : 'owner_id'}`;
  const areTheirs =
    kind === 'row'
      ? isOneOf(`${alias}.platform`, 'accessPlatforms')
      : arePlatformsAmong(alias, 'accessPlatforms');
  return [
    ...when(userId, (id) => ({ sql: isText(owner, 'accessUser'), parameters: { accessUser: text(id) } })),
    ...when(platforms, (names) => ({ sql: areTheirs, parameters: { accessPlatforms: texts(names) } })),
  ];
}

/**
 * SQL conditions for the filters of a list, without the archive rule and the search.
 * @param started the SQL expression that `since` and `until` apply to; it decides whether the index of starts can be used.
 * @throws {DomainError} `unsupported_by_store`
 */
export function filterConditions(
  dialect: Dialect,
  filter: Omit<SessionFilter, 'archived' | 'includeChildren' | 'search'>,
  kind: EntryKind,
  started = 'e.started_order',
): readonly SqlPiece[] {
  const { platforms, exceptPlatforms, until, userId, model, title, idBeginning, folder, pinned } = filter;
  const { text, texts, isText } = dialect;
  const equals = (column: string, name: string) => (value: string) => ({
    sql: isText(column, name),
    parameters: { [name]: text(value) },
  });
  return [
    ...accessConditions(dialect, filter.access, kind),
    ...when(platforms, (names) => platformCondition(dialect, names)),
    ...when(exceptPlatforms, (names) => ({
      sql: `NOT ${dialect.isOneOf('e.platform', 'exceptPlatforms')}`,
      parameters: { exceptPlatforms: texts(names) },
    })),
    ...when(startsOf(filter), ([from]) => ({ sql: `${started} >= :since`, parameters: { since: from } })),
    ...when(until, (time) => ({ sql: `${started} < :until`, parameters: { until: time } })),
    ...when(userId, equals('e.user_id', 'userId')),
    ...when(model, equals('e.model', 'model')),
    ...when(title, (name) => ({
      sql: dialect.isTitled(kind, 'title'),
      parameters: { title: text(name) },
    })),
    ...when(idBeginning, (beginning) => beginningCondition(dialect, beginning, kind)),
    ...when(folder, (path) => folderCondition(dialect, path, kind)),
    ...originConditions(dialect, filter, kind),
    ...when(pinned, (isPinned) => fixed(`${isPinned ? '' : 'NOT '}(${dialect.isPinned[kind]})`)),
  ];
}

/** The condition of a filter, if the filter is set. */
export function when<T>(filter: T | undefined, condition: (filter: T) => SqlPiece): readonly SqlPiece[] {
  return filter === undefined ? [] : [condition(filter)];
}

/** Both stores compare ids by bytes, so ids with the same prefix are adjacent in an index. */
function beginningCondition({ text, entries }: Dialect, beginning: string, kind: EntryKind): SqlPiece {
  const id = `e.${entries[kind].id}`;
  return {
    sql: `${id} >= :idBeginning AND ${id} < :behindBeginning`,
    parameters: { idBeginning: text(beginning), behindBeginning: text(`${beginning}${LAST_CHARACTER}`) },
  };
}

function folderCondition({ text, worksIn }: Dialect, folder: string, kind: EntryKind): SqlPiece {
  if (worksIn === undefined)
    throw new DomainError('unsupported_by_store', { message: 'Folders stay at their hosts.' });
  return {
    sql: worksIn(kind, 'folder', 'within'),
    parameters: { folder: text(folder), within: text(beginningWith(`${folder.replace(/\/+$/, '')}/`)) },
  };
}

/** Conditions on the first session of an entry. */
function originConditions(
  { number, entries, isFirst }: Dialect,
  { minMessages, isEmpty }: Pick<SessionFilter, 'minMessages' | 'isEmpty'>,
  kind: EntryKind,
): readonly SqlPiece[] {
  const origin = kind === 'row' ? 'e' : 'f';
  const ofOrigin = (sql: string): string =>
    kind === 'row' ? sql : `EXISTS (SELECT 1 FROM ${entries.row.table} f WHERE ${isFirst} AND ${sql})`;
  return [
    ...when(minMessages, (least) => ({
      sql: ofOrigin(`coalesce(${number(`${origin}.message_count`)}, 0) >= :minMessages`),
      parameters: { minMessages: least },
    })),
    ...when(isEmpty, () =>
      fixed(ofOrigin(`${origin}.stored_messages = 0 AND ${origin}.ended_at IS NOT NULL`)),
    ),
  ];
}

/** For a single platform an index returns the entries of a page in order; for several it does not. */
export function platformCondition(
  { text, texts, isText, isOneOf }: Dialect,
  platforms: readonly string[],
): SqlPiece {
  const [platform] = platforms;
  return platform !== undefined && platforms.length === 1
    ? { sql: isText('e.platform', 'platform'), parameters: { platform: text(platform) } }
    : { sql: isOneOf('e.platform', 'platforms'), parameters: { platforms: texts(platforms) } };
}

/**
 * SQL conditions for sessions that pass the filters of a list of conversations, but are not entries themselves. No row satisfies two of
 * the conditions, and each condition has its own index.
 */
export function childConditions(dialect: Dialect, filter: SessionFilter): readonly SqlPiece[] {
  const own = filterConditions(dialect, filter, 'row');
  const beside = allOf([...own, fixed('NOT e.is_entry')]);
  const theirs = allOf(ownerConditions(dialect, filter.access, 'conversation', 'c'));
  if (theirs.sql === allOf([]).sql) return [beside];
  const { entries, goesOn, hasEntry } = dialect;
  // The tip of a chain that the caller may see only in part, which is therefore not listed for them as a conversation.
  const sql = `e.is_entry AND ${goesOn} AND NOT EXISTS (SELECT 1 FROM ${entries.conversation.table} c WHERE ${hasEntry} AND ${theirs.sql})`;
  return [beside, allOf([...own, { sql, parameters: theirs.parameters }])];
}

/** The archive rule; none if it lets everything pass. */
export function archiveConditions(
  { flag }: Dialect,
  archived: SessionFilter['archived'],
): readonly SqlPiece[] {
  return archived === 'any' ? [] : [fixed(`e.archived = ${flag(archived === 'true')}`)];
}

/** Whether the maintained totals cover all filters, so that no rows have to be counted. */
export function isCountedByPlatform({ access, ...filter }: SessionFilter): boolean {
  const { archived: _archived, includeChildren: _children, platforms: _platforms, ...rest } = filter;
  return !isLimited(access) && Object.values<unknown>(rest).every((value) => value === undefined);
}
