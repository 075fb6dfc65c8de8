import createClient, { type Client } from 'openapi-fetch';
import { CallersError, ConnectionError, toError } from './errors.js';
import { listen, type ListenOptions, type SessionEvent } from './listening.js';
import { ReadPositions } from './read-positions.js';
import { authorize, keepingRequests } from './requests.js';
import type {
  BulkSessionsBody,
  BulkSessionsResponse,
  CapabilitiesResponse,
  DeletedSessionResponse,
  EmptiedTrashResponse,
  ExportSessionsBody,
  HealthResponse,
  MessageListResponse,
  MessageResponse,
  operations,
  paths,
  ProfileListResponse,
  PruneSessionsBody,
  PruneSessionsResponse,
  PurgedEntryResponse,
  RestoredEntryResponse,
  SessionDetailResponse,
  SessionListResponse,
  SessionResponse,
  SessionStatisticsResponse,
  SignInBody,
  SignInResponse,
  TrashListResponse,
  UpdateSessionBody,
} from './schema.js';

/** Where the server is, and who asks. */
export interface ClientOptions {
  /** Address of the server, with its base path if it has one: `https://history.example.com/hermes`. */
  readonly baseUrl: string;
  /** A key of the server or a token of its issuer; or what gives one, asked before each request. Left out where a proxy adds it. */
  readonly key?: string | (() => string | Promise<string>) | undefined;
  /** Sends requests instead of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** What every method takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Is told the headers of the answer, also of a refusal, before the method returns: its `ETag` is what `ifMatch` of a change takes. */
  readonly onHeaders?: (headers: Headers) => void;
}

/** What changes of one session take besides. */
export interface ChangeOptions extends CallOptions {
  /** The `ETag` of the answer that the change is based on: the server refuses where it is another by now. */
  readonly ifMatch?: string | null | undefined;
}

type QueryOf<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** Filters, order and page of a list. */
export type ListQuery = QueryOf<'listSessions'>;
/** Part of a transcript. */
export type MessagesQuery = QueryOf<'listMessages'>;
/** What is counted. */
export type StatisticsQuery = QueryOf<'getSessionStatistics'>;
/** Part of the trash. */
export type TrashQuery = QueryOf<'listTrash'>;
export type TrashAddress = QueryOf<'getTrashEntry'>;
/** Whose events are heard. */
export type EventsQuery = QueryOf<'listenToSessions'>;
/** The form of an export. */
export type ExportQuery = QueryOf<'exportSession'>;
/** Which session is meant, where several profiles or hosts have one with the same id. */
export type SessionAddress = QueryOf<'getSession'>;

/** What openapi-fetch gives of a request. */
interface Outcome<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Ids are any text: a session with one of these is read below its own path, since something else is read at it. */
const PATHS_OF_THEIR_OWN: ReadonlySet<string> = new Set(['events', 'stats']);

/** Says that a page of the server asks, without which it signs no browser in or out: no other page can send it. */
const OF_OWN_PAGE = { params: { header: { 'X-Hermes-Sessions-Page': '1' } } } as const;

/**
 * A client of a hermes-sessions server. Every method throws a {@link HermesSessionsError} where the server refuses or does not answer.
 *
 * @example
 * const history = new HermesSessions({ baseUrl: 'http://127.0.0.1:8643', key: process.env.KEY });
 * for await (const session of history.conversations({ search: 'deployment' })) console.log(session.id, session.title);
 */
export class HermesSessions {
  readonly #client: Client<paths>;
  readonly #positions = new ReadPositions();
  readonly #hear = (position: string | undefined): void => {
    this.#positions.hear(position);
  };

  /** @throws {TypeError} where no request can be made with the address, or with the key where it is a text */
  constructor({ baseUrl, key, fetch = globalThis.fetch }: ClientOptions) {
    const base = baseUrl.replace(/\/+$/, '');
    authorize(new Request(`${base}/`), typeof key === 'string' ? key : '');
    this.#client = createClient<paths>({
      baseUrl: base,
      fetch: keepingRequests(fetch),
    });
    this.#client.use({
      onRequest: ({ request }) => {
        this.#positions.tell(request);
        return request;
      },
      onResponse: ({ response }) => {
        this.#positions.hearFrom(response);
      },
    });
    if (key === undefined) return;
    this.#client.use({
      onRequest: async ({ request }) => {
        try {
          authorize(request, typeof key === 'string' ? key : await key());
        } catch (error) {
          throw new CallersError(error);
        }
        return request;
      },
    });
  }

  /** One page of conversations, newest activity first. */
  list(query: ListQuery = {}, options: CallOptions = {}): Promise<SessionListResponse> {
    return answerOf(options, this.#client.GET('/v1/sessions', { params: { query }, ...options }));
  }

  /** All conversations that a query selects, page by page as they are asked for. */
  async *conversations(query: ListQuery = {}, options: CallOptions = {}): AsyncGenerator<SessionResponse> {
    // A place may be skipped to, or gone on from: the server refuses both together.
    const { offset: _first, ...rest } = query;
    for (let asked: ListQuery = query; ;) {
      const page = await this.list({ limit: 200, ...asked }, options);
      yield* page.data;
      if (page.next_cursor === null) return;
      asked = { ...rest, after: page.next_cursor };
    }
  }

  /** One session with its relatives and its usage. */
  get(id: string, query: SessionAddress = {}, options: CallOptions = {}): Promise<SessionDetailResponse> {
    const request = { params: { path: { session_id: id }, query }, ...options };
    return answerOf(
      options,
      PATHS_OF_THEIR_OWN.has(id)
        ? this.#client.GET('/v1/sessions/{session_id}/details', request)
        : this.#client.GET('/v1/sessions/{session_id}', request),
    );
  }

  /** All sessions of the conversation that a session is part of, the oldest first. */
  async chain(
    id: string,
    query: SessionAddress = {},
    options: CallOptions = {},
  ): Promise<readonly SessionDetailResponse[]> {
    const params = { path: { session_id: id }, query };
    const { data } = await answerOf(
      options,
      this.#client.GET('/v1/sessions/{session_id}/chain', { params, ...options }),
    );
    return data;
  }

  /** One page of a transcript; with `around` that in which a message stands, with `search` of the messages that match. */
  messages(id: string, query: MessagesQuery = {}, options: CallOptions = {}): Promise<MessageListResponse> {
    const params = { path: { session_id: id }, query };
    return answerOf(options, this.#client.GET('/v1/sessions/{session_id}/messages', { params, ...options }));
  }

  /** All messages of a transcript in either order, page by page as they are asked for; with `lineage` of the whole chain. */
  async *transcript(
    id: string,
    query: Omit<MessagesQuery, 'offset' | 'around' | 'search'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<MessageResponse> {
    for (let page: MessagesQuery = { limit: 500, ...query }; ;) {
      const { data, has_more: hasMore } = await this.messages(id, page, options);
      yield* data;
      const last = data.at(-1);
      if (!hasMore || last === undefined) return;
      page = { ...page, ...(query.order === 'desc' ? { before: last.id } : { after: last.id }) };
    }
  }

  /** Renames, archives or pins a session. */
  update(
    id: string,
    changes: UpdateSessionBody,
    query: SessionAddress = {},
    { ifMatch, ...options }: ChangeOptions = {},
  ): Promise<SessionDetailResponse> {
    const params = { path: { session_id: id }, query, header: onlyIf(ifMatch) };
    return answerOf(
      options,
      this.#client.PATCH('/v1/sessions/{session_id}', { params, body: changes, ...options }),
    );
  }

  /**
   * Deletes a session, its messages and its delegates. `force`: also while an agent is in the middle of it; `lineage`: its whole
   * conversation; `trash`: it is kept in the trash, else it goes for good.
   */
  delete(
    id: string,
    query: QueryOf<'deleteSession'> = {},
    { ifMatch, ...options }: ChangeOptions = {},
  ): Promise<DeletedSessionResponse> {
    const params = { path: { session_id: id }, query, header: onlyIf(ifMatch) };
    return answerOf(options, this.#client.DELETE('/v1/sessions/{session_id}', { params, ...options }));
  }

  /**
   * Archives, pins or deletes up to 500 sessions, with an outcome for each; with `filter` all that a list shows, by the `plan` of a dry run,
   * some at a time.
   */
  bulk(body: BulkSessionsBody, options: CallOptions = {}): Promise<BulkSessionsResponse> {
    return answerOf(options, this.#client.POST('/v1/sessions/bulk', { body, ...options }));
  }

  /** Deletes or archives by age, platform, size and title. With `dry_run` it only says what would go, and gives the `plan` to do it. */
  prune(body: PruneSessionsBody, options: CallOptions = {}): Promise<PruneSessionsResponse> {
    return answerOf(options, this.#client.POST('/v1/sessions/prune', { body, ...options }));
  }

  /** One page of what was deleted and can be restored, the last deleted first. */
  trash(query: TrashQuery = {}, options: CallOptions = {}): Promise<TrashListResponse> {
    return answerOf(options, this.#client.GET('/v1/trash', { params: { query }, ...options }));
  }

  /** Puts a conversation back that is in the trash. */
  restore(
    trashId: string,
    query: TrashAddress = {},
    options: CallOptions = {},
  ): Promise<RestoredEntryResponse> {
    const params = { path: { trash_id: trashId }, query };
    return answerOf(options, this.#client.POST('/v1/trash/{trash_id}/restore', { params, ...options }));
  }

  /** Deletes a conversation that is in the trash for good. */
  purge(trashId: string, query: TrashAddress = {}, options: CallOptions = {}): Promise<PurgedEntryResponse> {
    const params = { path: { trash_id: trashId }, query };
    return answerOf(options, this.#client.DELETE('/v1/trash/{trash_id}', { params, ...options }));
  }

  /** Deletes everything for good that is in the trash and that this key may see there, or what is of one profile. */
  emptyTrash(query: TrashAddress = {}, options: CallOptions = {}): Promise<EmptiedTrashResponse> {
    return answerOf(options, this.#client.POST('/v1/trash/empty', { params: { query }, ...options }));
  }

  /** Sessions, messages, tokens and cost by platform, model and day. */
  statistics(query: StatisticsQuery = {}, options: CallOptions = {}): Promise<SessionStatisticsResponse> {
    return answerOf(options, this.#client.GET('/v1/sessions/stats', { params: { query }, ...options }));
  }

  /** A session as JSON Lines, JSON, Markdown or a web page, as it arrives. */
  export(
    id: string,
    query: ExportQuery = {},
    options: CallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const params = { path: { session_id: id }, query };
    const init = { params, parseAs: 'stream', ...options } as const;
    return streamOf(options, this.#client.GET('/v1/sessions/{session_id}/export', init));
  }

  /** A selection of sessions as JSON Lines, as it arrives. */
  exportAll(body: ExportSessionsBody, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return streamOf(
      options,
      this.#client.POST('/v1/sessions/export', { body, parseAs: 'stream', ...options }),
    );
  }

  /** What happens, as it happens; it listens again from where it was whenever the connection breaks. */
  events(query: EventsQuery = {}, options: ListenOptions = {}): AsyncGenerator<SessionEvent> {
    return listen(
      (lastEventId, signal) => {
        const params = { query, header: resumed(lastEventId) };
        return streamOf(
          { ...options, signal },
          this.#client.GET('/v1/sessions/events', { params, parseAs: 'stream', signal }),
        );
      },
      this.#hear,
      options,
    );
  }

  /** What happens in one session. */
  sessionEvents(
    id: string,
    query: SessionAddress = {},
    options: ListenOptions = {},
  ): AsyncGenerator<SessionEvent> {
    return listen(
      (lastEventId, signal) => {
        const params = { path: { session_id: id }, query, header: resumed(lastEventId) };
        const init = { params, parseAs: 'stream', signal } as const;
        return streamOf({ ...options, signal }, this.#client.GET('/v1/sessions/{session_id}/events', init));
      },
      this.#hear,
      options,
    );
  }

  /**
   * Signs the browser in that runs this, by the key of this client: for pages of the server itself. `stay`: for 30 days. Requests are
   * let in by the cookie from then on, where they have the header `X-Hermes-Sessions-Page` and no key: a `fetch` of one's own adds it.
   */
  signIn(body: SignInBody = {}, options: CallOptions = {}): Promise<SignInResponse> {
    return answerOf(options, this.#client.POST('/v1/sign-in', { ...OF_OWN_PAGE, body, ...options }));
  }

  /** The same by the code of a link that the server printed. */
  signInByLink(code: string, options: CallOptions = {}): Promise<SignInResponse> {
    return answerOf(
      options,
      this.#client.POST('/v1/sign-in/link', { ...OF_OWN_PAGE, body: { code }, ...options }),
    );
  }

  /** Signs the browser out. */
  signOut(options: CallOptions = {}): Promise<SignInResponse> {
    return answerOf(options, this.#client.DELETE('/v1/sign-in', { ...OF_OWN_PAGE, ...options }));
  }

  /** The profiles that are served. */
  profiles(options: CallOptions = {}): Promise<ProfileListResponse> {
    return answerOf(options, this.#client.GET('/v1/profiles', { ...options }));
  }

  /** What this server can do. */
  capabilities(options: CallOptions = {}): Promise<CapabilitiesResponse> {
    return answerOf(options, this.#client.GET('/v1/capabilities', { ...options }));
  }

  /** Whether the server is there, and its version. No key is needed. */
  health(options: CallOptions = {}): Promise<HealthResponse> {
    return answerOf(options, this.#client.GET('/health', { ...options }));
  }
}

async function answerOf<T>(options: CallOptions, request: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await sent(options, request);
  if (!response.ok || data === undefined) throw toError(response, error);
  return data;
}

async function streamOf(
  options: CallOptions,
  request: Promise<Outcome<unknown>>,
): Promise<ReadableStream<Uint8Array>> {
  const { data, error, response } = await sent(options, request);
  if (!response.ok) throw toError(response, error);
  if (!(data instanceof ReadableStream)) throw new ConnectionError('the answer has no body');
  return data as ReadableStream<Uint8Array>;
}

/** What `fetch` throws becomes one of our errors, but for the caller's own wish to end it, whose reason it throws, and what its `key` throws. */
async function sent<T>(
  { signal, onHeaders }: CallOptions,
  request: Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  let outcome: Outcome<T>;
  try {
    outcome = await request;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof CallersError ? error.cause : new ConnectionError(error);
  }
  onHeaders?.(outcome.response.headers);
  return outcome;
}

function onlyIf(ifMatch: string | null | undefined): { readonly 'If-Match'?: string } {
  return ifMatch === undefined || ifMatch === null ? {} : { 'If-Match': ifMatch };
}

function resumed(lastEventId: string | undefined): { readonly 'Last-Event-ID'?: string } {
  return lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
}
