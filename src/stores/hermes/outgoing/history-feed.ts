import type { HermesConnection } from '../file/hermes-connection.js';
import { HistoryLooks } from '../index/history-looks.js';
import type { SessionIndex } from '../index/session-index.js';

/** Sessions that are not as they were, none where only something else may be another; undefined where that is not known, so that all have to be compared. */
type FeedListener = (ids: readonly string[] | undefined) => void;

/** Names the sessions that change in a history, whoever changes them and whether or not a message is left behind. */
export class HistoryFeed {
  readonly #looks: HistoryLooks;
  #listener: FeedListener | undefined;
  /** The moment of the file that was looked at last. */
  #seen: string | undefined;

  constructor(
    connection: HermesConnection,
    private readonly index: SessionIndex,
  ) {
    this.#looks = new HistoryLooks(
      connection,
      index,
      (changes) => this.#listener?.(changes?.map(({ id }) => id)),
      ({ source, dataVersion }) => {
        const moment = `${source.opening}.${dataVersion}`;
        const isSame = moment === this.#seen;
        this.#seen = moment;
        return () => {
          // What no session row shows may have changed: leases.
          if (!isSame) this.#listener?.([]);
          return false;
        };
      },
    );
  }

  /** Begins to name what changes from now on. Resolves once nothing is missed any more. */
  async start(listener: FeedListener): Promise<void> {
    this.#listener = listener;
    await this.#looks.start();
  }

  stop(): void {
    this.#listener = undefined;
    this.#seen = undefined;
    this.#looks.stop();
  }

  /**
   * Looks at the history as it is now: what was added or removed before is named when this resolves, and what an agent changed in
   * place as soon as the index knows of it.
   */
  look(): Promise<void> {
    return this.#looks.look();
  }

  /** Whatever was committed before, in place or not, is named when this resolves: all rows are compared for it. */
  async lookAtAll(): Promise<void> {
    await this.look();
    await this.index.settle();
  }
}
