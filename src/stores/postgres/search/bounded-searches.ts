import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { Deadline, DeadlineError } from '../../../sessions/search/deadline.js';
import { SearchTurns } from '../../../sessions/search/search-turns.js';
import type { SessionPage, SessionPageRequest } from '../../../sessions/session-query.js';
import { StoreObserver } from '../../../sessions/store-observer.js';
import type { ListedEntry } from '../listing/listed-sessions.js';
import { PostgresConnection } from '../connection/postgres-connection.js';
import { isTimeout } from '../connection/postgres-failure.js';
import { untilCancelled } from '../connection/cancellation.js';
import { SessionSearch, statementLimit } from './session-search.js';

/** Most searches of one caller that may wait; further ones are refused at once. */
const MOST_WAITING = 16;

/** Memory for one step of a search before it spills to disk: enough for a hundred thousand hits. */
const MEMORY = '32MB';

/** Injection token: the time limit of a search, in milliseconds. */
export const SEARCH_TIME_LIMIT = Symbol('SEARCH_TIME_LIMIT');

/** Runs searches with a time limit, and on at most half of the connections. */
@Injectable()
export class BoundedSearches {
  /** Leaves half of the connections to everything else. */
  readonly #turns: SearchTurns;

  constructor(
    private readonly connection: PostgresConnection,
    observer: StoreObserver,
    @Inject(SEARCH_TIME_LIMIT) private readonly timeLimit: number,
  ) {
    const atOnce = Math.max(1, Math.floor(connection.location.poolSize / 2));
    this.#turns = new SearchTurns({ atOnce, waiting: MOST_WAITING }, observer);
  }

  /** How many searches are waiting. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * One page of what a search finds.
   * @throws as {@link run} does
   */
  page(request: SessionPageRequest, text: string): Promise<SessionPage> {
    return this.#search(request, (search) => search.page(request, text));
  }

  /**
   * The entries of such a page.
   * @throws as {@link run} does
   */
  entries(request: SessionPageRequest, text: string): Promise<readonly ListedEntry[]> {
    return this.#search(request, (search) => search.entries(request, text));
  }

  #search<T>(request: SessionPageRequest, work: (search: SessionSearch) => Promise<T>): Promise<T> {
    return this.run(request, async (manager, deadline) => {
      // The best plan depends on the words.
      await manager.query(
        `${statementLimit(deadline)}; SET LOCAL plan_cache_mode = force_custom_plan;
          SET LOCAL work_mem = '${MEMORY}'`,
      );
      return work(new SessionSearch(manager, deadline));
    });
  }

  /**
   * Runs a search when it is the caller's turn; its time limit starts then.
   * @throws {DomainError} `search_busy` if too many searches of this caller wait; `search_timeout`; the abort reason of the caller's
   *   signal
   */
  run<T>(
    { caller, signal }: Pick<SessionPageRequest, 'caller' | 'signal'>,
    search: (manager: EntityManager, deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const turn = async (): Promise<T> => {
      const deadline = new Deadline(this.timeLimit);
      try {
        return await this.connection.snapshot((manager) => {
          deadline.check();
          return untilCancelled(manager, signal, () => search(manager, deadline));
        });
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof DeadlineError) && !isTimeout(causeOf(error))) throw error;
        throw new DomainError('search_timeout', { cause: error });
      }
    };
    return this.#turns.take(caller ?? '', turn, signal);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof DomainError ? error.cause : error;
}
