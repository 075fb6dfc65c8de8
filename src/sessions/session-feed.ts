import type { StoreEvent } from './session-event.js';

/** Tells what happens in the histories of a store. */
export abstract class SessionFeed {
  /**
   * Begins to tell one listener what happens, in the order in which it was committed. Resolves once nothing is missed any more.
   * While nobody listens, nothing is watched for it.
   */
  abstract follow(listener: (event: StoreEvent) => void): Promise<void>;

  /** How far the store was when it was last looked what had happened; undefined where nobody reads a copy of it. */
  abstract get position(): bigint | undefined;

  /** Ends what {@link follow} began. */
  abstract unfollow(): void;
}
