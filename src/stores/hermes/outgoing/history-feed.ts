import type { HermesConnection } from '../file/hermes-connection.js';
import { HistoryLooks } from '../index/history-looks.js';
import type { SessionIndex } from '../index/session-index.js';

/** Is told the ids of changed sessions: none if only something else may have changed; undefined if unknown, so that all have to be compared. */
type FeedListener = (ids: readonly string[] | undefined) => void;

/** Reports the sessions that change in a history, whoever changes them and whether or not a message is added. */
export class HistoryFeed {
  readonly #looks: HistoryLooks;
  #listener: FeedListener | undefined;
  /** The snapshot of the file that was last looked at. */
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
          // Leases may have changed, which no session row shows.
          if (!isSame) this.#listener?.([]);
          return false;
        };
      },
    );
  }

  /** Begins to report changes. Resolves once none is missed any more. */
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
   * Looks at the current history. Earlier additions and removals are reported when this resolves; rows that an agent changed in place are reported as
   * soon as the index knows of them.
   */
  look(): Promise<void> {
    return this.#looks.look();
  }

  /** Compares all rows: every earlier commit is reported when this resolves, including changes in place. */
  async lookAtAll(): Promise<void> {
    await this.look();
    await this.index.settle();
  }
}
