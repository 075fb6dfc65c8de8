import type { Cursor } from '../../../http/cursor.js';
import type { HiddenSessionsResponse } from '../../../sessions/dto/session-list.response.js';
import type { SessionFilter, SessionPageRequest } from '../../../sessions/session-query.js';
import { isEntry, type IndexedSession, type ListEntry, type SessionTable } from '../index/session-table.js';
import { EntryOrder, firstInOrder, type EntrySequence } from './entry-order.js';

/** Why an entry was found. */
export interface EntryMatch {
  /** The best message; null where only the title matched. */
  readonly messageId: number | null;
  /** How well it matches; more is better. */
  readonly score: number;
}

/** What was found by a search. */
export interface SearchMatches {
  readonly entries: ReadonlyMap<ListEntry, EntryMatch>;
  /** Every session row that was found, whether it is an entry or not. */
  readonly sessions: ReadonlySet<IndexedSession>;
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
  readonly total: number;
  readonly next: Cursor | null;
  readonly hidden: HiddenSessionsResponse;
}

type Condition = (entry: ListEntry) => boolean;

/** Selects a page of the index. */
export function listEntries(table: SessionTable, request: SessionPageRequest, narrowing: Narrowing): Listing {
  const { sort, limit } = request;
  const order = new EntryOrder(sort, narrowing.matches?.entries);
  const isNarrowed = narrowing.matches !== undefined || narrowing.titled !== undefined;
  const { page, counts } = isNarrowed
    ? listCandidates(table, request, narrowing, order)
    : listKept(table, request, order);
  const entries = page.slice(0, limit);
  const last = page.length > limit ? entries.at(-1) : undefined;
  return { entries, next: last === undefined ? null : order.cursorAt(last), ...counts };
}

interface CountedPage {
  /** One entry more than was asked for, where there is one. */
  readonly page: readonly ListEntry[];
  readonly counts: Counts;
}

/** A page of all entries, which the index keeps in order. */
function listKept(table: SessionTable, request: SessionPageRequest, order: EntryOrder): CountedPage {
  const { filter, limit, start } = request;
  const sequence = order.sequence(filter.includeChildren ? table.rows : table.conversations);
  const listed = listCondition(filter);
  const from = 'after' in start ? sequence.after(start.after) : skip(sequence, start.offset, listed);
  const page = take(sequence, from, limit + 1, listed);
  return {
    page,
    counts: isUnfiltered(filter)
      ? knownCounts(table, filter)
      : countAll(allOf(sequence), table.sessions, filter),
  };
}

function* allOf(sequence: EntrySequence): Generator<ListEntry> {
  for (let position = 0; position < sequence.length; position++) yield sequence.at(position);
}

/** A page of the entries that were found, put in order for this one list. */
function listCandidates(
  table: SessionTable,
  request: SessionPageRequest,
  narrowing: Narrowing,
  order: EntryOrder,
): CountedPage {
  const { filter, limit, start } = request;
  const candidates = candidatesOf(filter, narrowing);
  const listed = candidates.filter(listCondition(filter));
  const offset = 'after' in start ? 0 : start.offset;
  const behind = 'after' in start ? listed.filter((entry) => order.isBehind(entry, start.after)) : listed;
  return {
    page: firstInOrder(behind, order, offset + limit + 1).slice(offset),
    counts: countAll(candidates, rowsOf(table, narrowing), filter),
  };
}

function candidatesOf(filter: SessionFilter, { matches, titled }: Narrowing): readonly ListEntry[] {
  const withTitle = titled && entriesOf(titled, filter.includeChildren);
  if (matches === undefined) return [...(withTitle ?? [])];
  return [...matches.entries.keys()].filter((entry) => withTitle?.has(entry) ?? true);
}

/** The entries under which sessions are listed. */
function entriesOf(sessions: Iterable<IndexedSession>, includeChildren: boolean): ReadonlySet<ListEntry> {
  return new Set(
    [...sessions].flatMap((session) => (includeChildren ? session.row : (session.chain.entry ?? []))),
  );
}

/** Whether everything in the index is selected but for the archive rule. */
function isUnfiltered(filter: SessionFilter): boolean {
  const { archived: _archived, includeChildren: _includeChildren, ...rest } = filter;
  return Object.values<unknown>(rest).every((value) => value === undefined);
}

function archiveCondition(archived: SessionFilter['archived']): Condition {
  if (archived === 'any') return () => true;
  const wanted = archived === 'true';
  return (entry) => entry.archived === wanted;
}

function filterCondition(filter: SessionFilter): Condition {
  const { since = 0, until = Infinity, userId, model } = filter;
  const bounded = filter.since !== undefined || filter.until !== undefined;
  const platforms = filter.platforms && new Set(filter.platforms);
  return (entry) => {
    const { fact } = entry.origin;
    if (platforms !== undefined && !platforms.has(fact.source)) return false;
    if (bounded && !(entry.startedAt >= Math.max(0, since) && entry.startedAt < until)) return false;
    if (userId !== undefined && fact.userId !== userId) return false;
    return model === undefined || entry.session.fact.model === model;
  };
}

function listCondition(filter: SessionFilter): Condition {
  const matches = filterCondition(filter);
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
  entries: Iterable<ListEntry>,
  sessions: Iterable<IndexedSession>,
  filter: SessionFilter,
): Counts {
  const matches = filterCondition(filter);
  const inArchive = archiveCondition(filter.archived);
  let total = 0;
  let archived = 0;
  for (const entry of entries) {
    if (!matches(entry)) continue;
    if (inArchive(entry)) total++;
    else archived++;
  }
  let children = 0;
  for (const session of filter.includeChildren ? [] : sessions) {
    if (!isEntry(session) && inArchive(session.row) && matches(session.row)) children++;
  }
  return { total, hidden: { archived, children } };
}

/** The session rows that were found, or all of them. */
function rowsOf(table: SessionTable, { matches, titled }: Narrowing): Iterable<IndexedSession> {
  if (matches === undefined) return titled ?? table.sessions;
  return [...matches.sessions].filter((session) => titled?.has(session) ?? true);
}
