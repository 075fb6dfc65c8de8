import type { Principal } from '../../auth/principal.js';
import { DomainError } from '../../domain/errors.js';
import { ApiError } from '../../http/errors.js';
import { checked } from '../../http/validation.js';
import { MessageListQuery } from '../../sessions/dto/message-list.query.js';
import type { MessagePage } from '../../sessions/session-query.js';
import type { SessionsService } from '../../sessions/sessions.service.js';
import { rolesOf, type MessageView } from '../text/message-text.js';
import {
  readMessages,
  type PageSource,
  type ReadMessage,
  type ReadPart,
} from '../text/transcript-reading.js';

/** The place in a transcript to read from. */
interface TranscriptPlace {
  readonly start?: 'beginning' | 'end';
  readonly around?: number;
  readonly after?: number;
  readonly before?: number;
  readonly from?: number;
  /** Characters of the message `from` that were read before. */
  readonly skip?: number;
}

/** A request to read a transcript. */
export interface TranscriptRequest extends TranscriptPlace {
  readonly id: string;
  readonly history: { readonly profile?: string; readonly origin?: string };
  readonly view: MessageView;
  /** Whether the whole chain is read as one transcript. */
  readonly isWhole: boolean;
  /** Maximum size in characters. */
  readonly room: number;
}

/** Part of a transcript, oldest message first, and the places of its neighbouring parts; null where there are none. */
export interface TranscriptPart {
  readonly messages: readonly ReadMessage[];
  /** Number of messages in the transcript whose role is in the view. */
  readonly total: number;
  readonly earlier: TranscriptPlace | null;
  readonly later: TranscriptPlace | null;
}

/** The reader and its access to the sessions. */
interface Reader {
  readonly sessions: SessionsService;
  readonly caller: Principal;
  readonly signal: AbortSignal;
}

/** Page sizes: the first, and the maximum. */
const FIRST_PAGE = 50;
const LARGEST_PAGE = 500;

/** Fraction of the room around a message that earlier messages get. */
const BEFORE_PART = 1 / 3;

/** @throws {ApiError} `invalid_parameter` if two places are named. */
export async function readTranscript(request: TranscriptRequest, reader: Reader): Promise<TranscriptPart> {
  refuseTwoPlaces(request);
  const transcript = new Transcript(request, reader);
  const { around, from, before, start } = request;
  if (around !== undefined) return transcript.around(around);
  if (from !== undefined) return transcript.from(from, request.skip ?? 0);
  if (before !== undefined || start === 'end') return transcript.backwards(before);
  return transcript.forwards(request.after);
}

const PLACES = ['start', 'around', 'after', 'before', 'from'] as const;

function refuseTwoPlaces(request: TranscriptRequest): void {
  const [, second] = PLACES.filter((name) => request[name] !== undefined);
  const param = second ?? (request.skip !== undefined && request.from === undefined ? 'skip' : undefined);
  if (param === undefined) return;
  const message = second === undefined ? 'skip needs from.' : `Send one of ${PLACES.join(', ')}.`;
  throw new ApiError('invalid_parameter', { param, message });
}

/** A message requested by its id. */
interface NamedMessage {
  readonly read: ReadMessage;
  readonly isCut: boolean;
  /** Whether it is the first message of the transcript. */
  readonly isOldest: boolean;
  /** Remaining room, in characters. */
  readonly room: number;
}

/** A transcript as one reader may see it. */
class Transcript {
  #total = 0;

  constructor(
    private readonly request: TranscriptRequest,
    private readonly reader: Reader,
  ) {}

  async forwards(after: number | undefined): Promise<TranscriptPart> {
    const { view, room } = this.request;
    const part = await readMessages(this.#pages('asc'), view, this.#bounds(room, after));
    return {
      messages: part.messages,
      total: this.#total,
      earlier: after === undefined ? null : beforeFirst(part.messages, after),
      later: part.hasMore ? behindLast(part.messages) : null,
    };
  }

  async backwards(before: number | undefined): Promise<TranscriptPart> {
    const { view, room } = this.request;
    const part = await readMessages(this.#pages('desc'), view, this.#bounds(room, before));
    const messages = part.messages.toReversed();
    const isCut = messages.at(-1)?.isCut === true;
    const behind = behindLast(messages) ?? { from: before };
    return {
      messages,
      total: this.#total,
      earlier: part.hasMore ? beforeFirst(messages, before) : null,
      later: isCut || before !== undefined ? behind : null,
    };
  }

  /** Reads from a message on, of which some characters may be skipped. */
  async from(id: number, skip: number): Promise<TranscriptPart> {
    const { room } = this.request;
    const first = await this.#named(id, room, skip);
    const behind = first.isCut ? NOTHING : await this.#beside('asc', id, first.room);
    const messages = [first.read, ...behind.messages];
    return {
      messages,
      total: this.#total,
      earlier: first.isOldest ? null : { before: id },
      later: first.isCut || behind.hasMore ? behindLast(messages) : null,
    };
  }

  /** Reads a message with its neighbours on both sides. */
  async around(id: number): Promise<TranscriptPart> {
    const middle = await this.#named(id, this.request.room, 0);
    const before = middle.isCut ? NOTHING : await this.#beside('desc', id, middle.room * BEFORE_PART);
    const taken = middle.room * BEFORE_PART - before.room;
    const behind = middle.isCut ? NOTHING : await this.#beside('asc', id, middle.room - taken);
    const messages = [...before.messages.toReversed(), middle.read, ...behind.messages];
    return {
      messages,
      total: this.#total,
      earlier: before.hasMore || (middle.isCut && !middle.isOldest) ? beforeFirst(messages, id) : null,
      later: middle.isCut || behind.hasMore ? behindLast(messages) : null,
    };
  }

  /** Whole messages on one side of a named message. */
  #beside(order: 'asc' | 'desc', id: number, room: number): ReturnType<typeof readMessages> {
    const bounds = { ...this.#bounds(room, id), onlyWhole: true };
    return readMessages(this.#pages(order), this.request.view, bounds);
  }

  /** Reads a message named by its id, even if the view excludes its role. */
  async #named(id: number, room: number, skip: number): Promise<NamedMessage> {
    const all: MessageView = { ...this.request.view, show: 'all' };
    const { messages, position } = await this.#page({ around: id, limit: 1, role: rolesOf(all) });
    const [message] = messages;
    if (message === undefined) throw new DomainError('message_not_found');
    const view = rolesOf(this.request.view).includes(message.role) ? this.request.view : all;
    const only: PageSource = () => Promise.resolve({ messages, hasMore: false });
    const part = await readMessages(only, view, { ...this.#bounds(room, undefined), skip });
    const [read = { message, text: '', skipped: 0, isCut: false }] = part.messages;
    return { read, isCut: read.isCut, isOldest: position === 0, room: part.room };
  }

  /** Pages of growing size: most answers have room for a few messages, others for hundreds. */
  #pages(order: 'asc' | 'desc'): PageSource {
    const bound = order === 'asc' ? 'after' : 'before';
    const role = rolesOf(this.request.view);
    let limit = FIRST_PAGE;
    return (behind) => {
      const page = this.#page({ order, limit, role, [bound]: behind });
      limit = Math.min(LARGEST_PAGE, limit * 4);
      return page;
    };
  }

  async #page(query: object): Promise<MessagePage> {
    const { id, history, isWhole } = this.request;
    const { sessions, caller } = this.reader;
    const asked = await checked(MessageListQuery, { ...history, lineage: isWhole, ...query });
    const page = await sessions.messages(id, asked, caller);
    this.#total = page.total;
    return page;
  }

  #bounds(
    room: number,
    behind: number | undefined,
  ): { readonly room: number; readonly behind: number | undefined; readonly signal: AbortSignal } {
    return { room: Math.floor(room), behind, signal: this.reader.signal };
  }
}

const NOTHING: ReadPart = { messages: [], last: undefined, hasMore: false, room: 0 };

function beforeFirst(
  messages: readonly ReadMessage[],
  otherwise: number | undefined,
): TranscriptPlace | null {
  const [first] = messages;
  const before = first?.message.id ?? otherwise;
  return before === undefined ? null : { before };
}

function behindLast(messages: readonly ReadMessage[]): TranscriptPlace | null {
  const last = messages.at(-1);
  if (last === undefined) return null;
  const { message, text, skipped, isCut } = last;
  return isCut ? { from: message.id, skip: skipped + text.length } : { after: message.id };
}
