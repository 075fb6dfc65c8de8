import { AsyncLocalStorage } from 'node:async_hooks';

/** The written form of a position: up to 16 hexadecimal digits for 64 bits. */
const WRITTEN = /^[0-9a-f]{1,16}$/;

/** The position to use if a store's position is unknown: no replica has reached it. */
export const BEYOND_ALL = 2n ** 64n - 1n;

/**
 * The minimum position of a store that a caller's reads must reflect, after they changed it or were told of a change. A replica that has
 * not reached it would show them older data. Positions of one store increase with each change.
 */
export class ReadPosition {
  #reached: bigint;

  /**
   * @param onReach is called with each position of a change, even if the current one is further, because that may belong to another
   *   store.
   */
  constructor(
    reached = 0n,
    private readonly onReach: (reached: bigint) => void = () => undefined,
  ) {
    this.#reached = reached;
  }

  get reached(): bigint {
    return this.#reached;
  }

  /** Requires further reads to reflect this position. */
  reach(position: bigint): void {
    if (position > this.#reached) this.#reached = position;
    this.onReach(position);
  }
}

/** Formats a position. */
export function writePosition(position: bigint): string {
  return position.toString(16);
}

/** Parses the result of {@link writePosition}; undefined for anything else. */
export function parsePosition(text: unknown): bigint | undefined {
  return typeof text === 'string' && WRITTEN.test(text) ? BigInt(`0x${text}`) : undefined;
}

const positions = new AsyncLocalStorage<ReadPosition>();

/** Runs `work` with a minimum position for all its reads. */
export function readingFrom<T>(position: ReadPosition, work: () => T): T {
  return positions.run(position, work);
}

/** The minimum position of the current reads; undefined outside of requests. */
export function readPosition(): ReadPosition | undefined {
  return positions.getStore();
}
