import type { SessionEvent } from '@hermes-sessions/client';
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';

/** What happened within so many milliseconds is shown together: where many agents write, something happens all the time. */
const TOGETHER = 500;

/** What takes long to answer rests so many times as long: a search of a large history is not repeated all the time. */
const REST = 4;

/** What is another whenever anything happens anywhere. */
const OF_ALL = new Set<unknown>(['list']);

/** What belongs to one session, whose id comes second in its key. */
const OF_ONE = new Set<unknown>(['session', 'messages']);

/** What is another when conversations go or come back. */
const OF_DELETED = new Set<unknown>(['trash']);

/** The server is heard from now on: what was asked for before may be another by now. */
interface Beginning {
  readonly type: 'begun';
  readonly asked: ReadonlySet<Query>;
}

/** What happened. */
type Happening = SessionEvent | Beginning;

/** Asks again for what is shown when something happens to it, as often as the server answers without effort. */
export class Rereading {
  readonly #kinds: readonly KindRereading[];

  constructor(private readonly queries: QueryClient) {
    // A search of a large history takes seconds: the conversation that is open beside it does not wait for that.
    this.#kinds = [
      new KindRereading(queries, ([name]) => OF_ONE.has(name)),
      new KindRereading(queries, ([name]) => !OF_ONE.has(name)),
    ];
  }

  hear(happening: Happening): void {
    for (const kind of this.#kinds) kind.hear(happening);
  }

  /** Is told that the server is heard from now on, and was not before. */
  begin(): void {
    this.hear({ type: 'begun', asked: new Set(this.queries.getQueryCache().getAll()) });
  }

  stop(): void {
    for (const kind of this.#kinds) kind.stop();
  }
}

/** The same for what is of one kind. */
class KindRereading {
  #heard: Happening[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Milliseconds of the page's clock before which nothing is asked for again. */
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
    // What is on its way may have been read before the event: it is waited for, and then asked for again.
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

/** Whether an answer is another after what happened. Statistics are not: they are counted again by the minute. */
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
