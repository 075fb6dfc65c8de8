/** How a search of messages ended. */
export type SearchEnd = 'done' | 'timeout' | 'cancelled' | 'failed';

/** Is told what a store goes through, so that it can be counted. */
export abstract class StoreObserver {
  /** A search ended, so many seconds after it was asked for. */
  abstract searched(end: SearchEnd, seconds: number): void;

  /** A read or a write of a profile's history had to be tried again because its owner held the lock. */
  abstract waitedForLock(profile: string): void;
}

/** Where nobody counts. */
export class SilentObserver extends StoreObserver {
  override searched(): void {
    // Nothing is counted.
  }

  override waitedForLock(): void {
    // Nothing is counted.
  }
}
