import { randomBytes } from 'node:crypto';
import { Seal } from '../domain/seal.js';

const SEQUENCE_BYTES = 6;

/**
 * Event ids with which listeners resume. Two ids differ even for the same position, and are opaque to everybody but their maker: plain numbers would
 * show a listener how much happens that it may not know of.
 */
export class EventIds {
  /** A random key, so that ids of another log or process are not accepted. */
  readonly #seal = new Seal(randomBytes(32));

  /** @param sequence the number of events up to the position. */
  of(sequence: number): string {
    const plain = Buffer.alloc(SEQUENCE_BYTES);
    plain.writeUIntBE(sequence, 0, SEQUENCE_BYTES);
    return this.#seal.close(plain);
  }

  /** The number passed to {@link of}; undefined for an id that was not made here. */
  sequenceOf(id: string): number | undefined {
    return this.#seal.open(id)?.readUIntBE(0, SEQUENCE_BYTES);
  }
}
