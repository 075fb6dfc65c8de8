import type { StoreEvent } from './session-event.js';

/** Reports changes in the histories of a store. */
export abstract class SessionFeed {
  /**
   * Starts to report changes to one listener, in commit order. Resolves once no further change can be missed. Without a listener nothing is
   * watched.
   */
  abstract follow(listener: (event: StoreEvent) => void): Promise<void>;

  /** The position of the store when changes were last read; undefined if it has no replicas. */
  abstract get position(): bigint | undefined;

  /** Stops reporting. */
  abstract unfollow(): void;
}
