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

/** The address of the server, and the credentials. */
export interface ClientOptions {
  /** Address of the server, including its base path, if any: `https://history.example.com/hermes`. */
  readonly baseUrl: string;
  /** A key of the server or a token of its issuer, or a function that returns one, called before each request. Omit it if a proxy adds the key. */
  readonly key?: string | (() => string | Promise<string>) | undefined;
  /** Sends the requests; by default the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Options of every method. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Called with the headers of the answer, also of an error, before the method returns. Pass the `ETag` as `ifMatch` of a change. */
  readonly onHeaders?: (headers: Headers) => void;
}

/** Further options of changes of one session. */
export interface ChangeOptions extends CallOptions {
  /** The `ETag` of the answer that the change is based on. The server refuses the change if the session has changed since. */
  readonly ifMatch?: string | null | undefined;
}

type QueryOf<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** Filters, order and page of a list. */
export type ListQuery = QueryOf<'listSessions'>;
/** The part of a transcript to read. */
export type MessagesQuery = QueryOf<'listMessages'>;
/** The sessions to count. */
export type StatisticsQuery = QueryOf<'getSessionStatistics'>;
/** The part of the trash to read. */
export type TrashQuery = QueryOf<'listTrash'>;
export type TrashAddress = QueryOf<'getTrashEntry'>;
/** The events to listen to. */
export type EventsQuery = QueryOf<'listenToSessions'>;
/** Options of an export. */
export type ExportQuery = QueryOf<'exportSession'>;
/** Selects one of several profiles or hosts that have a session with the same id. */
export type SessionAddress = QueryOf<'getSession'>;

/** The result of a request by openapi-fetch. */
interface Outcome<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Session ids that collide with other paths. They are legal ids, and are read at a path of their own. */
const PATHS_OF_THEIR_OWN: ReadonlySet<string> = new Set(['events', 'stats']);

/** The header that the server requires for signing a browser in or out. Only pages of the server itself can send it. */
const OF_OWN_PAGE = { params: { header: { 'X-Hermes-Sessions-Page': '1' } } } as const;

/**
 * A client of a hermes-sessions server. Every method throws a {@link HermesSessionsError} if the server answers with an error or not at all.
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

  /** @throws {TypeError} if the address, or a key given as text, cannot be used in a request */
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

  /** All conversations that match a query. Pages are fetched on demand. */
  async *conversations(query: ListQuery = {}, options: CallOptions = {}): AsyncGenerator<SessionResponse> {
    // The server refuses `offset` together with a cursor.
    const { offset: _first, ...rest } = query;
    for (let asked: ListQuery = query; ;) {
      const page = await this.list({ limit: 200, ...asked }, options);
      yield* page.data;
      if (page.next_cursor === null) return;
      asked = { ...rest, after: page.next_cursor };
    }
  }

  /** One session with its related sessions and its usage. */
  get(id: string, query: SessionAddress = {}, options: CallOptions = {}): Promise<SessionDetailResponse> {
    const request = { params: { path: { session_id: id }, query }, ...options };
    return answerOf(
      options,
      PATHS_OF_THEIR_OWN.has(id)
        ? this.#client.GET('/v1/sessions/{session_id}/details', request)
        : this.#client.GET('/v1/sessions/{session_id}', request),
    );
  }

  /** All sessions of a session's conversation, oldest first. */
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

  /** One page of a transcript: with `around` the page that contains a message, with `search` the matching messages. */
  messages(id: string, query: MessagesQuery = {}, options: CallOptions = {}): Promise<MessageListResponse> {
    const params = { path: { session_id: id }, query };
    return answerOf(options, this.#client.GET('/v1/sessions/{session_id}/messages', { params, ...options }));
  }

  /** All messages of a transcript in either order; with `lineage` of the whole chain. Pages are fetched on demand. */
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
   * Deletes a session, its messages and its delegates. `force`: even while an agent is using it; `lineage`: the whole conversation; `trash`: moves it
   * to the trash instead of deleting it permanently.
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
   * Archives, pins or deletes up to 500 sessions, with a result for each. With `filter` it changes everything in a list, in batches, according to the
   * `plan` of a dry run.
   */
  bulk(body: BulkSessionsBody, options: CallOptions = {}): Promise<BulkSessionsResponse> {
    return answerOf(options, this.#client.POST('/v1/sessions/bulk', { body, ...options }));
  }

  /**
   * Deletes or archives by age, platform, size and title. With `dry_run` it only reports what would be affected, and returns the `plan` for doing it.
   */
  prune(body: PruneSessionsBody, options: CallOptions = {}): Promise<PruneSessionsResponse> {
    return answerOf(options, this.#client.POST('/v1/sessions/prune', { body, ...options }));
  }

  /** One page of the trash, the last deleted first. */
  trash(query: TrashQuery = {}, options: CallOptions = {}): Promise<TrashListResponse> {
    return answerOf(options, this.#client.GET('/v1/trash', { params: { query }, ...options }));
  }

  /** Restores a conversation from the trash. */
  restore(
    trashId: string,
    query: TrashAddress = {},
    options: CallOptions = {},
  ): Promise<RestoredEntryResponse> {
    const params = { path: { trash_id: trashId }, query };
    return answerOf(options, this.#client.POST('/v1/trash/{trash_id}/restore', { params, ...options }));
  }

  /** Permanently deletes a conversation in the trash. */
  purge(trashId: string, query: TrashAddress = {}, options: CallOptions = {}): Promise<PurgedEntryResponse> {
    const params = { path: { trash_id: trashId }, query };
    return answerOf(options, this.#client.DELETE('/v1/trash/{trash_id}', { params, ...options }));
  }

  /** Permanently deletes everything in the trash that this key may see, or everything of one profile. */
  emptyTrash(query: TrashAddress = {}, options: CallOptions = {}): Promise<EmptiedTrashResponse> {
    return answerOf(options, this.#client.POST('/v1/trash/empty', { params: { query }, ...options }));
  }

  /** Sessions, messages, tokens and cost by platform, model and day. */
  statistics(query: StatisticsQuery = {}, options: CallOptions = {}): Promise<SessionStatisticsResponse> {
    return answerOf(options, this.#client.GET('/v1/sessions/stats', { params: { query }, ...options }));
  }

  /** Streams a session as JSON Lines, JSON, Markdown or HTML. */
  export(
    id: string,
    query: ExportQuery = {},
    options: CallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const params = { path: { session_id: id }, query };
    const init = { params, parseAs: 'stream', ...options } as const;
    return streamOf(options, this.#client.GET('/v1/sessions/{session_id}/export', init));
  }

  /** Streams a selection of sessions as JSON Lines. */
  exportAll(body: ExportSessionsBody, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return streamOf(
      options,
      this.#client.POST('/v1/sessions/export', { body, parseAs: 'stream', ...options }),
    );
  }

  /** Events as they happen. Resumes after the last event whenever the connection breaks. */
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

  /** The events of one session. */
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
   * Signs in the browser that runs this with the client's key; only for pages of the server itself. `stay`: for 30 days. Afterwards requests with the
   * header `X-Hermes-Sessions-Page` and without a key are authenticated by the cookie: a custom `fetch` can add the header.
   */
  signIn(body: SignInBody = {}, options: CallOptions = {}): Promise<SignInResponse> {
    return answerOf(options, this.#client.POST('/v1/sign-in', { ...OF_OWN_PAGE, body, ...options }));
  }

  /** The same with the code of a link that the server printed. */
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

  /** Whether the server is running, and its version. Needs no key. */
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

/**
 * Converts what `fetch` throws into a {@link ConnectionError}. An abort by the caller throws the signal's reason, and errors of the `key` function
 * are thrown as they are.
 */
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
