import {
  HermesSessionsError,
  type HermesSessions,
  type MessageListResponse,
  type MessageResponse,
  type MessagesQuery,
  type SessionAddress,
} from '@hermes-sessions/client';

/** Messages per request. */
export const PAGE = 100;

/** Consecutive messages. */
export interface Chunk {
  /** Index of the first message in the transcript. */
  readonly start: number;
  readonly messages: readonly MessageResponse[];
  /** Number of messages in the whole transcript. */
  readonly total: number;
}

/** The chunk at which a transcript is opened. */
export interface Opening extends Chunk {
  /** The message at which it is opened: the requested one, or the next if that is gone; undefined at the end. */
  readonly at: { readonly id: number; readonly place: number } | undefined;
}

/** The conversation to read messages from. */
export interface Transcript {
  readonly history: HermesSessions;
  readonly id: string;
  readonly address: SessionAddress;
}

/** One page of a transcript including its whole compression chain. */
export async function readPage(of: Transcript, page: number, signal: AbortSignal): Promise<Chunk> {
  const start = page * PAGE;
  const messages: MessageResponse[] = [];
  // The server may return fewer messages if they are large.
  for (;;) {
    const rest = { limit: PAGE - messages.length, offset: start + messages.length };
    const { data, total, has_more: hasMore } = await read(of, rest, signal);
    messages.push(...data);
    if (!hasMore || data.length === 0 || messages.length >= PAGE) return { start, messages, total };
  }
}

/** The chunk at which a transcript is opened. @param message the target message; the end if undefined. */
export async function readOpening(
  of: Transcript,
  message: number | undefined,
  signal: AbortSignal,
): Promise<Opening> {
  if (message === undefined) return readEnd(of, signal);
  const found = await readAround(of, message, signal);
  if (found !== undefined) return found;
  // The message was rewound: open at the next one.
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
