import type { Cursor } from '../../../domain/cursor.js';
import { isLimited, mayKnow } from '../../../sessions/session-access.js';
import type { HiddenSessions, SessionFilter, SessionPageRequest } from '../../../sessions/session-query.js';
import { isEntry, type IndexedSession, type ListEntry, type SessionTable } from '../index/session-table.js';
import type { SortedEntries } from '../index/sorted-entries.js';
import { EntryOrder, firstInOrder, type EntrySequence, type Scores } from './entry-order.js';

/** What was found by a search. */
export interface SearchMatches extends Scores {
  readonly entries: readonly ListEntry[];
  /** Session rows that were found and are no entry by themselves. */
  readonly keptOut: readonly IndexedSession[];
  /** The best message of an entry; null where only a title matched. */
  messageIdOf(entry: ListEntry): number | null;
}

/** What the file itself has to tell before a page can be selected. */
export interface Narrowing {
  readonly matches?: SearchMatches;
  /** Sessions that have the title that was asked for. */
  readonly titled?: ReadonlySet<IndexedSession>;
}

/** Which entries a page has, and how many there are in all. */
export interface Listing {
  readonly entries: readonly ListEntry[];
  /** Where each of them stands in the order. */
  readonly places: readonly Cursor[];
  readonly total: number;
  readonly next: Cursor | null;
  readonly hidden: HiddenSessions;
}

type Condition = (entry: ListEntry) => boolean;

/** Selects a page of the index of a profile. */
export function listEntries(
  { table, profile }: { readonly table: SessionTable; readonly profile: string },
  request: SessionPageRequest,
  narrowing: Narrowing,
): Listing {
  const { sort, limit } = request;
  const order = new EntryOrder(sort, profile, narrowing.matches);
  const candidates = candidatesOf(table, request.filter, narrowing);
  const { page, counts } =
    candidates === undefined
      ? listKept(table, request, order)
      : listCandidates(
          table,
          request,
          { candidates, keptOut: keptOutOf(table, request.filter, narrowing) },
          order,
        );
  const entries = page.slice(0, limit);
  const places = entries.map((entry) => order.placeOf(entry));
  return { entries, places, next: page.length > limit ? (places.at(-1) ?? null) : null, ...counts };
}

interface CountedPage {
  /** One entry more than was asked for, where there is one. */
  readonly page: readonly ListEntry[];
  readonly counts: Counts;
}

/** A page of all entries, which the index keeps in order. */
function listKept(table: SessionTable, request: SessionPageRequest, order: EntryOrder): CountedPage {
  const { filter, limit, start } = request;
  const orders = filter.includeChildren ? table.rows : table.conversations;
  const sequence = order.sequence(orders);
  const listed = listCondition(filter, table);
  const from = 'after' in start ? sequence.after(start.after) : skip(sequence, start.offset, listed);
  const page = take(sequence, from, limit + 1, listed);
  const counts = isUnfiltered(filter)
    ? knownCounts(table, filter)
    : countAll(table, filter, startedWithin(orders.byStart, filter), table.keptOut);
  return { page, counts };
}

/** The entries that begin within the bounds of a filter. */
function startedWithin(
  byStart: SortedEntries<ListEntry>,
  { since, until }: SessionFilter,
): readonly ListEntry[] {
  if (since === undefined && until === undefined) return byStart.all;
  const first = byStart.firstFrom((entry) => entry.startedAt - Math.max(0, since ?? 0));
  const end = until === undefined ? byStart.length : byStart.firstFrom((entry) => entry.startedAt - until);
  return byStart.all.slice(first, Math.max(first, end));
}

/** A page of the entries that were found, put in order for this one list. */
function listCandidates(
  table: SessionTable,
  request: SessionPageRequest,
  { candidates, keptOut }: Candidates,
  order: EntryOrder,
): CountedPage {
  const { filter, limit, start } = request;
  const listed = candidates.filter(listCondition(filter, table));
  const offset = 'after' in start ? 0 : start.offset;
  const behind = 'after' in start ? listed.filter((entry) => order.isBehind(entry, start.after)) : listed;
  return {
    page: firstInOrder(behind, order, offset + limit + 1).slice(offset),
    counts: countAll(table, filter, candidates, keptOut),
  };
}

/** The few entries that can be listed, and the rows that are none by themselves. */
interface Candidates {
  readonly candidates: readonly ListEntry[];
  readonly keptOut: readonly IndexedSession[];
}

/** undefined where any entry can be. */
function candidatesOf(
  table: SessionTable,
  filter: SessionFilter,
  { matches, titled }: Narrowing,
): readonly ListEntry[] | undefined {
  if (titled === undefined && matches !== undefined) return matches.entries;
  if (titled === undefined) {
    return filter.pinned === true ? [...entriesOf(table.pinned, filter.includeChildren)] : undefined;
  }
  const withTitle = entriesOf(titled, filter.includeChildren);
  return matches === undefined ? [...withTitle] : matches.entries.filter((entry) => withTitle.has(entry));
}

/** The entries under which sessions are listed. */
function entriesOf(sessions: Iterable<IndexedSession>, includeChildren: boolean): ReadonlySet<ListEntry> {
  return new Set(
    [...sessions].flatMap((session) => (includeChildren ? session.row : (session.chain.entry ?? []))),
  );
}

/** Whether everything in the index is selected but for the archive rule. */
function isUnfiltered(filter: SessionFilter): boolean {
  const { archived: _archived, includeChildren: _includeChildren, access, ...rest } = filter;
  return !isLimited(access) && Object.values<unknown>(rest).every((value) => value === undefined);
}

function archiveCondition(archived: SessionFilter['archived']): Condition {
  if (archived === 'any') return () => true;
  const wanted = archived === 'true';
  return (entry) => entry.archived === wanted;
}

function filterCondition(filter: SessionFilter, { texts }: SessionTable): Condition {
  const { since = 0, until = Infinity, pinned, minMessages = 0 } = filter;
  const bounded = filter.since !== undefined || filter.until !== undefined;
  const platforms = filter.platforms?.map((platform) => texts.known(platform));
  const excepted = filter.exceptPlatforms?.map((platform) => texts.known(platform));
  const user = filter.userId === undefined ? undefined : texts.known(filter.userId);
  const model = filter.model === undefined ? undefined : texts.known(filter.model);
  const isVisible = accessCondition(filter);
  return (entry) => {
    if (!isVisible(entry)) return false;
    if (platforms !== undefined && !platforms.includes(entry.platform)) return false;
    if (bounded && !(entry.startedAt >= Math.max(0, since) && entry.startedAt < until)) return false;
    if (user !== undefined && entry.user !== user) return false;
    if (pinned !== undefined && entry.origin.fact.pinned !== pinned) return false;
    if (excepted?.includes(entry.platform) === true) return false;
    if (entry.origin.fact.messageCount < minMessages) return false;
    if (filter.isEmpty === true && !isEmpty(entry.origin.fact)) return false;
    return model === undefined || entry.model === model;
  };
}

/** Of a conversation every member must be allowed, since its entry shows something of each. */
function accessCondition({ access, includeChildren }: SessionFilter): Condition {
  if (!isLimited(access)) return () => true;
  return ({ session }) =>
    mayKnow(access, session.fact) &&
    (includeChildren || session.chain.members.every(({ fact }) => mayKnow(access, fact)));
}

function isEmpty({ storedMessages, endedAt }: IndexedSession['fact']): boolean {
  return storedMessages === 0 && endedAt !== null;
}

function listCondition(filter: SessionFilter, table: SessionTable): Condition {
  const matches = filterCondition(filter, table);
  const inArchive = archiveCondition(filter.archived);
  return (entry) => inArchive(entry) && matches(entry);
}

/** Position behind the first `count` entries that are listed. */
function skip(sequence: EntrySequence, count: number, listed: Condition): number {
  let position = 0;
  for (let left = count; left > 0 && position < sequence.length; position++) {
    if (listed(sequence.at(position))) left--;
  }
  return position;
}

function take(sequence: EntrySequence, from: number, count: number, listed: Condition): readonly ListEntry[] {
  const taken: ListEntry[] = [];
  for (let position = from; position < sequence.length && taken.length < count; position++) {
    const entry = sequence.at(position);
    if (listed(entry)) taken.push(entry);
  }
  return taken;
}

type Counts = Pick<Listing, 'total' | 'hidden'>;

/** Counts of a list without filters, which the index keeps. */
function knownCounts(table: SessionTable, { archived, includeChildren }: SessionFilter): Counts {
  const entries = includeChildren ? table.rowCounts : table.conversationCounts;
  const keptOut = includeChildren ? ([0, 0] as const) : table.keptOutCounts;
  const both = entries[0] + entries[1];
  switch (archived) {
    case 'any':
      return { total: both, hidden: { archived: 0, children: keptOut[0] + keptOut[1] } };
    case 'true':
      return { total: entries[1], hidden: { archived: entries[0], children: keptOut[1] } };
    case 'false':
      return { total: entries[0], hidden: { archived: entries[1], children: keptOut[0] } };
  }
}

function countAll(
  table: SessionTable,
  filter: SessionFilter,
  entries: readonly ListEntry[],
  keptOut: Iterable<IndexedSession>,
): Counts {
  const matches = filterCondition(filter, table);
  const inArchive = archiveCondition(filter.archived);
  let total = 0;
  let archived = 0;
  for (const entry of entries) {
    if (!matches(entry)) continue;
    if (inArchive(entry)) total++;
    else archived++;
  }
  let children = 0;
  for (const { row } of filter.includeChildren ? [] : keptOut) {
    if (inArchive(row) && matches(row)) children++;
  }
  return { total, hidden: { archived, children } };
}

/** The session rows that were found and are no entry by themselves. */
function keptOutOf(
  table: SessionTable,
  filter: SessionFilter,
  { matches, titled }: Narrowing,
): readonly IndexedSession[] {
  if (matches === undefined) {
    const rows = titled ?? (filter.pinned === true ? table.pinned : []);
    return [...rows].filter((session) => !isEntry(session));
  }
  return matches.keptOut.filter((session) => titled?.has(session) ?? true);
}
