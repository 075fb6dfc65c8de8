import type { SessionEvent } from '@hermes-sessions/client';
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';

/** Events within this time are handled together, in milliseconds: many writing agents cause a constant stream of events. */
const TOGETHER = 500;

/** The pause after a refetch, as a multiple of its duration: slow searches of a large history must not run all the time. */
const REST = 4;

/** Query names that any event may affect. */
const OF_ALL = new Set<unknown>(['list']);

/** Query names of a single session, whose id is the second element of the key. */
const OF_ONE = new Set<unknown>(['session', 'messages']);

/** Query names affected when conversations are deleted or restored. */
const OF_DELETED = new Set<unknown>(['trash']);

/** Listening has begun: data requested before may be outdated. */
interface Beginning {
  readonly type: 'begun';
  readonly asked: ReadonlySet<Query>;
}

/** A reason for a refetch. */
type Happening = SessionEvent | Beginning;

/** Refetches displayed data that events concern, as often as the server can easily answer. */
export class Rereading {
  readonly #kinds: readonly KindRereading[];

  constructor(private readonly queries: QueryClient) {
    // The open conversation does not wait for a list search, which can take seconds.
    this.#kinds = [
      new KindRereading(queries, ([name]) => OF_ONE.has(name)),
      new KindRereading(queries, ([name]) => !OF_ONE.has(name)),
    ];
  }

  hear(happening: Happening): void {
    for (const kind of this.#kinds) kind.hear(happening);
  }

  /** Called when listening begins after it was off. */
  begin(): void {
    this.hear({ type: 'begun', asked: new Set(this.queries.getQueryCache().getAll()) });
  }

  stop(): void {
    for (const kind of this.#kinds) kind.stop();
  }
}

/** The refetches of one group of queries. */
class KindRereading {
  #heard: Happening[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Time before which nothing is refetched, by `performance.now()`. */
  #restsUntil = 0;

  constructor(
    private readonly queries: QueryClient,
    private readonly isOfKind: (key: QueryKey) => boolean,
  ) {}

  hear(happening: Happening): void {
    this.#heard.push(happening);
    this.#plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #plan(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        void this.#read();
      },
      Math.max(TOGETHER, this.#restsUntil - performance.now()),
    );
  }

  async #read(): Promise<void> {
    const heard = this.#heard;
    const predicate = (query: Query): boolean =>
      this.isOfKind(query.queryKey) && heard.some((happening) => isConcerned(query, happening));
    // A request under way may have read older data: wait for it, then refetch.
    if (performance.now() < this.#restsUntil || this.queries.isFetching({ predicate }) > 0) {
      this.#plan();
      return;
    }
    this.#heard = [];
    const begin = performance.now();
    await this.queries.invalidateQueries({ predicate });
    const end = performance.now();
    this.#restsUntil = end + REST * (end - begin);
  }
}

/** Whether an event makes an answer outdated. Statistics are excluded: they are refetched once a minute. */
function isConcerned(query: Query, happening: Happening): boolean {
  const [name, id] = query.queryKey;
  if (happening.type === 'begun')
    return happening.asked.has(query) && [OF_ALL, OF_ONE, OF_DELETED].some((names) => names.has(name));
  if (OF_ALL.has(name)) return true;
  const { type, session_id: sessionId, session } = happening;
  if (type === 'resync') return true;
  if (OF_DELETED.has(name)) return type === 'session.deleted' || type === 'session.created';
  return OF_ONE.has(name) && (sessionId === id || session?.parent_session_id === id);
}
