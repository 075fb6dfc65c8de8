import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { MessagePageRequest } from '../../../sessions/session-query.js';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID, isByRow } from '../../read-model/transcript-pages.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { numberOf } from '../file/values.js';
import { placeIn } from './message-places.js';
import { copiesIn } from './text-copies.js';
import { isActiveSql, isKeptOnceSql, isShownSql } from './transcript-sql.js';

/** Totals to cache; far more than the transcripts read at a time. */
const MOST_TOTALS = 5000;

/** Places of messages to cache, for all transcripts together: some ten megabytes. */
const MOST_PLACES = 250_000;

/** Which messages of some sessions the pages consist of. */
export type TranscriptChoice = Pick<MessagePageRequest, 'roles' | 'withHidden' | 'includeInactive'>;

/** What is the same for all pages of a transcript, and requires reading all of its messages. */
export interface TranscriptOutline {
  /** SQL condition: a message `m` of its sessions, of any role, is part of it. */
  readonly condition: string;
  /** SQL for the places of its messages. */
  readonly place: string;
  /** The places of its messages, oldest first; undefined if these are their ids, which the primary key has in order. */
  readonly order: readonly MessagePlace[] | undefined;
}

/** Caches facts about whole transcripts while the file is unchanged: reading a transcript page by page needs them for every page. */
export class TranscriptOutlines {
  readonly #outlines = new OfOneMoment<TranscriptOutline>(MOST_PLACES, ({ order = [] }) => 1 + order.length);
  readonly #totals = new OfOneMoment<number>(MOST_TOTALS);

  of(history: OpenHistory, sessionIds: readonly string[], choice: TranscriptChoice): TranscriptOutline {
    const { roles, withHidden, includeInactive } = choice;
    const key = JSON.stringify([sessionIds, roles, withHidden, includeInactive]);
    return this.#outlines.of(history, key, () => outlineOf(history, sessionIds, choice));
  }

  /** The result of a `count(*)` query in this snapshot of the file. */
  total(history: OpenHistory, query: SelectQueryBuilder<ObjectLiteral>): number {
    const key = JSON.stringify(query.getQueryAndParameters());
    return this.#totals.of(history, key, () => history.reader.count(query));
  }
}

/** Values that were read from one version of a file. */
class OfOneMoment<T> {
  readonly #values = new Map<string, T>();
  #moment = '';
  #weight = 0;

  /** @param capacity total weight of all values; a single one may weigh more. */
  constructor(
    private readonly capacity: number,
    private readonly weightOf: (value: T) => number = () => 1,
  ) {}

  of({ reader, opening }: OpenHistory, key: string, read: () => T): T {
    const moment = `${opening}.${reader.version()}`;
    if (moment !== this.#moment) this.#clear();
    this.#moment = moment;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = read();
    const weight = this.weightOf(value);
    if (this.#weight + weight > this.capacity) this.#clear();
    this.#values.set(key, value);
    this.#weight += weight;
    return value;
  }

  #clear(): void {
    this.#values.clear();
    this.#weight = 0;
  }
}

function outlineOf(
  history: OpenHistory,
  sessionIds: readonly string[],
  choice: TranscriptChoice,
): TranscriptOutline {
  const condition = conditionOf(history, sessionIds, choice);
  const place = placeIn(history, sessionIds, isByRow(choice));
  const order = place === BY_ID ? undefined : orderOf(history, sessionIds, { condition, place, ...choice });
  return { condition, place, order };
}

function conditionOf(
  history: OpenHistory,
  sessionIds: readonly string[],
  { withHidden, includeInactive }: TranscriptChoice,
): string {
  switch (withHidden) {
    case undefined:
      return isShownSql(history.layout, includeInactive, copiesIn(history, sessionIds));
    case 'in use':
      return isActiveSql(history.layout);
    case 'kept':
      return isKeptOnceSql(history.layout, copiesIn(history, sessionIds));
  }
}

/** The places in order; also undefined if JavaScript numbers cannot tell all of them apart. */
function orderOf(
  { reader }: OpenHistory,
  sessionIds: readonly string[],
  { condition, place, roles }: Omit<TranscriptOutline, 'order'> & Pick<TranscriptChoice, 'roles'>,
): readonly MessagePlace[] | undefined {
  const ofRoles = roles === undefined ? '' : 'AND m.role IN (SELECT value FROM json_each(?))';
  const rows = reader.tuples(
    `SELECT m.id, ${place} FROM messages m
      WHERE m.session_id IN (SELECT value FROM json_each(?)) ${ofRoles} AND (${condition})`,
    JSON.stringify(sessionIds),
    ...(roles === undefined ? [] : [JSON.stringify(roles)]),
  );
  const places = rows.map(([id, at]) => ({ at: numberOf(at) ?? NaN, id: numberOf(id) ?? NaN }));
  if (!places.every(({ at, id }) => Number.isSafeInteger(at) && Number.isSafeInteger(id))) return undefined;
  return places.sort((one, other) => one.at - other.at || one.id - other.id);
}

/** The messages of an order strictly between two places. */
export function between(
  order: readonly MessagePlace[],
  { after, before }: { readonly after?: MessagePlace; readonly before?: MessagePlace },
): readonly MessagePlace[] {
  return order.slice(
    after === undefined ? 0 : countUntil(order, (place) => isBefore(after, place)),
    before === undefined ? undefined : countUntil(order, (place) => !isBefore(place, before)),
  );
}

/** How many come before the first that fits; all after it must fit too. */
function countUntil(order: readonly MessagePlace[], fits: (place: MessagePlace) => boolean): number {
  let [from, until] = [0, order.length];
  while (from < until) {
    const middle = (from + until) >>> 1;
    const place = order[middle];
    if (place !== undefined && fits(place)) until = middle;
    else from = middle + 1;
  }
  return from;
}

function isBefore(one: MessagePlace, other: MessagePlace): boolean {
  return one.at < other.at || (one.at === other.at && one.id < other.id);
}
