import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { MessagePageRequest, WholeTranscript } from '../../sessions/session-query.js';
import { pageStart } from '../../sessions/transcript/found-messages.js';
import type { FittingPage } from '../../sessions/transcript/page-bytes.js';
import type { MessagePlace } from '../../sessions/transcript/message-place.js';
import { inParts } from './message-parts.js';

/** Nearly all messages `m` stand where they were inserted, which the primary key finds in order: clocks go back, ids do not. */
export const BY_ID = 'm.id';

/** Messages of new ones larger than so many bytes are told without their content. */
export const TOLD_BYTES = 64 * 1024;

/** Bytes of messages that are read in one go, beyond the first message. */
const PART_BYTES = 1024 * 1024;

/** Messages that are read in one go. */
export const PART_MESSAGES = 200;

/** Where messages are looked for beside a place, with the names of the parameters that say which. */
const SIDES = { '<': 'before', '<=': 'until', '>': 'behind' } as const;

export const DIRECTIONS = { asc: 'ASC', desc: 'DESC' } as const;

/** The messages `m` that a page or a part is cut out of. */
export interface OrderedTranscript<E extends ObjectLiteral> {
  readonly messages: SelectQueryBuilder<E>;
  /** SQL for where they stand, {@link BY_ID} for nearly all. */
  readonly place: string;
}

/** Whether each message stands where its own row does, also where it is a copy. */
export function isByRow({ withHidden, includeInactive }: WholeTranscript): boolean {
  return withHidden === 'in use' || includeInactive;
}

/** SQL condition with its parameters: a message stands on one side of a place in an order. */
function beside(
  order: string,
  side: keyof typeof SIDES,
  { at, id }: MessagePlace,
): readonly [sql: string, parameters: Readonly<Record<string, number>>] {
  const name = SIDES[side];
  // No index is asked for a pair.
  const sql =
    order === BY_ID ? `m.id ${side} :${name}At` : `(${order}, m.id) ${side} (:${name}At, :${name}Id)`;
  return [sql, { [`${name}At`]: at, [`${name}Id`]: id }];
}

/** Where a page begins and ends, by the places of the messages that were named. */
export interface PageBounds {
  readonly after?: MessagePlace;
  readonly before?: MessagePlace;
}

/** Selects `columns` of the page that was asked for, and of one message more where there is one. */
export function pageQuery<E extends ObjectLiteral>(
  { messages, place }: OrderedTranscript<E>,
  columns: string[],
  { order, limit, offset }: Pick<MessagePageRequest, 'order' | 'limit' | 'offset'>,
  { after, before }: PageBounds,
): SelectQueryBuilder<E> {
  const page = messages
    .clone()
    .select(columns)
    .orderBy(place, DIRECTIONS[order])
    .addOrderBy('m.id', DIRECTIONS[order])
    .limit(limit + 1)
    .offset(offset);
  if (after !== undefined) page.andWhere(...beside(place, '>', after));
  if (before !== undefined) page.andWhere(...beside(place, '<', before));
  return page;
}

/** How many messages come before a page: before the one in which a message stands that `position` messages come before. */
export function pageOffset(
  { offset, limit }: Pick<MessagePageRequest, 'offset' | 'limit'>,
  position: number | undefined,
): number {
  return position === undefined ? offset : pageStart(position, limit);
}

/**
 * Whether a page ended before the message around which it was to lie, since what stands there before is large: it is read from that message on then.
 * @param position how many messages come before that one.
 */
export function endsBefore(
  { page, isCut }: FittingPage<unknown>,
  { limit }: Pick<MessagePageRequest, 'limit'>,
  position: number | undefined,
): position is number {
  return position !== undefined && isCut && page.length <= position - pageStart(position, limit);
}

/** Counts the messages that come before one of a transcript. */
export function positionQuery<E extends ObjectLiteral>(
  { messages, place }: OrderedTranscript<E>,
  around: MessagePlace,
  order: MessagePageRequest['order'],
): SelectQueryBuilder<E> {
  return messages
    .clone()
    .select('count(*)', 'total')
    .andWhere(...beside(place, order === 'asc' ? '<' : '>', around));
}

/** A message of a transcript that is read part by part. */
export interface MessageSize extends MessagePlace {
  readonly bytes: number;
}

/** Selects place and size of the messages that a part may have, behind a place. @param bytes SQL for the size of a message. */
export function sizesQuery<E extends ObjectLiteral>(
  { messages, place }: OrderedTranscript<E>,
  after: MessagePlace,
  bytes: string,
): SelectQueryBuilder<E> {
  return messages
    .clone()
    .select(`${place} AS at, m.id AS id, ${bytes} AS bytes`)
    .andWhere(...beside(place, '>', after))
    .orderBy(place, 'ASC')
    .addOrderBy('m.id', 'ASC')
    .limit(PART_MESSAGES);
}

/** A part of a transcript, and where the next one begins. */
interface PartEnd<P> {
  readonly part: P;
  /** The place to go on behind; null at the end. */
  readonly next: MessagePlace | null;
}

/**
 * As many messages as fit into a megabyte, and at least one.
 * @param sizes of those that come next, up to as many as a part may have.
 * @returns undefined behind the end.
 */
export function partEnd(sizes: readonly MessageSize[]): PartEnd<readonly MessageSize[]> | undefined {
  const [part = []] = inParts(sizes, ({ bytes }) => bytes, PART_MESSAGES, PART_BYTES);
  const last = part.at(-1);
  if (last === undefined) return undefined;
  const isEnd = sizes.length < PART_MESSAGES && last.id === sizes.at(-1)?.id;
  return { part, next: isEnd ? null : { at: last.at, id: last.id } };
}

/**
 * Selects `columns` of as many messages as fit into a megabyte, and of at least one.
 * @param sizes of what {@link sizesQuery} found.
 * @returns undefined behind the end.
 */
export function partQuery<E extends ObjectLiteral>(
  { messages, place }: OrderedTranscript<E>,
  columns: string[],
  after: MessagePlace,
  sizes: readonly MessageSize[],
): PartEnd<SelectQueryBuilder<E>> | undefined {
  const end = partEnd(sizes);
  const until = end?.part.at(-1);
  if (end === undefined || until === undefined) return undefined;
  const part = messages
    .clone()
    .select(columns)
    .andWhere(...beside(place, '>', after))
    .andWhere(...beside(place, '<=', until))
    .orderBy(place, 'ASC')
    .addOrderBy('m.id', 'ASC');
  return { part, next: end.next };
}
