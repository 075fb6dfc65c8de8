import type { FastifyRateLimitStore } from '@fastify/rate-limit';
import { LRUCache } from 'lru-cache';

/** Maximum number of remembered callers. */
const MOST = 5000;

interface Window {
  readonly begin: number;
  readonly count: number;
}

type Told = Parameters<FastifyRateLimitStore['incr']>[1];

/**
 * Counts requests of callers, each in its own time window. It uses the monotonic clock: after the system clock is set back, as on a resumed machine,
 * earlier callers would be refused until it has caught up.
 */
export class RequestCounts implements FastifyRateLimitStore {
  readonly #windows = new LRUCache<string, Window>({ max: MOST });

  /** Counts one request. @param length of a window, in milliseconds. */
  incr(caller: string, tell: Told, length: number): void {
    const { begin, count } = this.#windowOf(caller, length) ?? { begin: performance.now(), count: 0 };
    const window = { begin, count: count + 1 };
    this.#windows.set(caller, window);
    tell(null, toCount(window, length));
  }

  /** Reports the count without changing it. */
  read(caller: string, tell: Told, length: number): void {
    const window = this.#windowOf(caller, length);
    tell(null, window === undefined ? { current: 0, ttl: 0 } : toCount(window, length));
  }

  /** Each limit has its own counts. */
  child(): RequestCounts {
    return new RequestCounts();
  }

  #windowOf(caller: string, length: number): Window | undefined {
    const window = this.#windows.get(caller);
    return window !== undefined && performance.now() - window.begin < length ? window : undefined;
  }
}

function toCount(
  { begin, count }: Window,
  length: number,
): { readonly current: number; readonly ttl: number } {
  return { current: count, ttl: length - (performance.now() - begin) };
}
