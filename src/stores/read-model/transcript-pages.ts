import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { MessagePageRequest, WholeTranscript } from '../../sessions/session-query.js';
import { pageStart } from '../../sessions/transcript/found-messages.js';
import type { FittingPage } from '../../sessions/transcript/page-bytes.js';
import type { MessagePlace } from '../../sessions/transcript/message-place.js';
import { inParts } from './message-parts.js';

/** Nearly all messages `m` are in the order of their ids, which the primary key provides. Ids are reliable, whereas clocks can go back. */
export const BY_ID = 'm.id';

/** Above this many bytes, a new message is announced without its content. */
export const TOLD_BYTES = 64 * 1024;

/** Most bytes of messages that are read in one batch, beyond the first message. */
const PART_BYTES = 1024 * 1024;

/** Most messages that are read in one batch. */
export const PART_MESSAGES = 200;

/** Comparisons with a position, and the prefix of their parameter names. */
const SIDES = { '<': 'before', '<=': 'until', '>': 'behind' } as const;

export const DIRECTIONS = { asc: 'ASC', desc: 'DESC' } as const;

/** The messages `m` from which a page or a part is cut. */
export interface OrderedTranscript<E extends ObjectLiteral> {
  readonly messages: SelectQueryBuilder<E>;
  /** SQL for their position, usually {@link BY_ID}. */
  readonly place: string;
}

/** Whether each message is at the position of its own row, even if it is a copy. */
export function isByRow({ withHidden, includeInactive }: WholeTranscript): boolean {
  return withHidden === 'in use' || includeInactive;
}

/** SQL condition with parameters: a message is on one side of a position. */
function beside(
  order: string,
  side: keyof typeof SIDES,
  { at, id }: MessagePlace,
): readonly [sql: string, parameters: Readonly<Record<string, number>>] {
  const name = SIDES[side];
  // The index on ids is used for a plain comparison, but not for a row value.
  const sql =
    order === BY_ID ? `m.id ${side} :${name}At` : `(${order}, m.id) ${side} (:${name}At, :${name}Id)`;
  return [sql, { [`${name}At`]: at, [`${name}Id`]: id }];
}

/** The positions between which a page lies. */
export interface PageBounds {
  readonly after?: MessagePlace;
  readonly before?: MessagePlace;
}

/** Selects `columns` of the requested page, and of one more message if there is one. */
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

/** The offset of a page. With `position`, the page that contains the message at that position. */
export function pageOffset(
  { offset, limit }: Pick<MessagePageRequest, 'offset' | 'limit'>,
  position: number | undefined,
): number {
  return position === undefined ? offset : pageStart(position, limit);
}

/**
 * Whether a page around a message was cut before that message, because earlier messages are large. The page is then read from that
 * message on.
 * @param position how many messages precede that message.
 */
export function endsBefore(
  { page, isCut }: FittingPage<unknown>,
  { limit }: Pick<MessagePageRequest, 'limit'>,
  position: number | undefined,
): position is number {
  return position !== undefined && isCut && page.length <= position - pageStart(position, limit);
}

/** Counts the messages before one message of a transcript. */
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

/** Position and size of a message, for reading in parts. */
export interface MessageSize extends MessagePlace {
  readonly bytes: number;
}

/** Selects position and size of the messages that the next part may contain. @param bytes SQL for the size of a message. */
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
  /** The position to continue after; null at the end. */
  readonly next: MessagePlace | null;
}

/**
 * As many messages as fit into a megabyte, and at least one.
 * @param sizes of the next messages, up to the most that a part may have.
 * @returns undefined after the end.
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
 * @param sizes the result of {@link sizesQuery}.
 * @returns undefined after the end.
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
