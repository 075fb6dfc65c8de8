import {
  HermesSessionsError,
  type HermesSessions,
  type MessageListResponse,
  type MessageResponse,
  type MessagesQuery,
  type SessionAddress,
} from '@hermes-sessions/client';

/** Messages of one request. */
export const PAGE = 100;

/** Messages that follow one another. */
export interface Chunk {
  /** Place of the first one in the transcript. */
  readonly start: number;
  readonly messages: readonly MessageResponse[];
  /** Messages of the whole transcript. */
  readonly total: number;
}

/** Where a transcript is opened. */
export interface Opening extends Chunk {
  /** The message that it is opened at: the one that was asked for, or where that is gone the next one; none at the end. */
  readonly at: { readonly id: number; readonly place: number } | undefined;
}

/** A conversation that messages are read of. */
export interface Transcript {
  readonly history: HermesSessions;
  readonly id: string;
  readonly address: SessionAddress;
}

/** One page of a transcript with everything that was compressed away before. */
export async function readPage(of: Transcript, page: number, signal: AbortSignal): Promise<Chunk> {
  const start = page * PAGE;
  const messages: MessageResponse[] = [];
  // A page that has many bytes ends before its limit.
  for (;;) {
    const rest = { limit: PAGE - messages.length, offset: start + messages.length };
    const { data, total, has_more: hasMore } = await read(of, rest, signal);
    messages.push(...data);
    if (!hasMore || data.length === 0 || messages.length >= PAGE) return { start, messages, total };
  }
}

/** The page that a transcript is opened at. @param message a message of it; its end where there is none. */
export async function readOpening(
  of: Transcript,
  message: number | undefined,
  signal: AbortSignal,
): Promise<Opening> {
  if (message === undefined) return readEnd(of, signal);
  const found = await readAround(of, message, signal);
  if (found !== undefined) return found;
  // It was rewound: what came next stands in its place.
  const { data } = await read(of, { limit: 1, after: message }, signal);
  const next = data[0];
  return (next && (await readAround(of, next.id, signal))) ?? readEnd(of, signal);
}

async function readEnd(of: Transcript, signal: AbortSignal): Promise<Opening> {
  const { data, total } = await read(of, { limit: PAGE, order: 'desc' }, signal);
  return { start: total - data.length, messages: data.toReversed(), total, at: undefined };
}

async function readAround(of: Transcript, id: number, signal: AbortSignal): Promise<Opening | undefined> {
  try {
    const { data, total, position: place = 0 } = await read(of, { limit: PAGE, around: id }, signal);
    const start = place - data.findIndex((message) => message.id === id);
    return { start, messages: data, total, at: { id, place } };
  } catch (error) {
    if (error instanceof HermesSessionsError && error.code === 'message_not_found') return undefined;
    throw error;
  }
}

function read(
  { history, id, address }: Transcript,
  query: MessagesQuery,
  signal: AbortSignal,
): Promise<MessageListResponse> {
  return history.messages(id, { ...address, ...query, lineage: true }, { signal });
}
