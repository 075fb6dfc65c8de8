import { AsyncLocalStorage } from 'node:async_hooks';

/** How a position is written down: hexadecimal digits of 64 bits. */
const WRITTEN = /^[0-9a-f]{1,16}$/;

/** Where nobody can tell how far a store was: no copy of it has come so far. */
export const BEYOND_ALL = 2n ** 64n - 1n;

/**
 * How far a store was, at least, when somebody changed it or was told of a change. A copy of it that is read in its place, and that has
 * not come so far, would show them what was before. Positions of one store grow with each change.
 */
export class ReadPosition {
  #reached: bigint;

  /** @param onReach is told of each that a change has, also where what was handed back is further, which may be of another store. */
  constructor(
    reached = 0n,
    private readonly onReach: (reached: bigint) => void = () => undefined,
  ) {
    this.#reached = reached;
  }

  get reached(): bigint {
    return this.#reached;
  }

  /** From here on nothing older is read. */
  reach(position: bigint): void {
    if (position > this.#reached) this.#reached = position;
    this.onReach(position);
  }
}

/** A position as text. */
export function writePosition(position: bigint): string {
  return position.toString(16);
}

/** What {@link writePosition} made; undefined for anything else. */
export function parsePosition(text: unknown): bigint | undefined {
  return typeof text === 'string' && WRITTEN.test(text) ? BigInt(`0x${text}`) : undefined;
}

const positions = new AsyncLocalStorage<ReadPosition>();

/** Runs `work`, all of whose reads are as new as a position. */
export function readingFrom<T>(position: ReadPosition, work: () => T): T {
  return positions.run(position, work);
}

/** The position of who reads now; undefined outside of requests. */
export function readPosition(): ReadPosition | undefined {
  return positions.getStore();
}
