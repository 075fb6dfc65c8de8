/** How a search of messages ended. */
export type SearchEnd = 'done' | 'timeout' | 'cancelled' | 'failed';

/** Observes events of a store, for metrics. */
export abstract class StoreObserver {
  /** A search has ended this many seconds after it was requested. */
  abstract searched(end: SearchEnd, seconds: number): void;

  /** A read or write of a profile's history was retried because another process held its lock. */
  abstract waitedForLock(profile: string): void;
}

/** An observer that ignores everything. */
export class SilentObserver extends StoreObserver {
  override searched(): void {
    // Nothing is counted.
  }

  override waitedForLock(): void {
    // Nothing is counted.
  }
}
