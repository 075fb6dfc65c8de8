import { randomBytes } from 'node:crypto';
import { Seal } from '../domain/seal.js';

const SEQUENCE_BYTES = 6;

/**
 * Ids of events, for listeners to come back with. Each is another one even for the same place, and says nothing to anybody but its
 * maker: plain numbers would tell a listener how much happens that it may not know of.
 */
export class EventIds {
  /** Ids of another log, or of another process, are not taken for ones of this. */
  readonly #seal = new Seal(randomBytes(32));

  /** @param sequence how many events there were up to the place. */
  of(sequence: number): string {
    const plain = Buffer.alloc(SEQUENCE_BYTES);
    plain.writeUIntBE(sequence, 0, SEQUENCE_BYTES);
    return this.#seal.close(plain);
  }

  /** What {@link of} was told; undefined for an id that it did not make. */
  sequenceOf(id: string): number | undefined {
    return this.#seal.open(id)?.readUIntBE(0, SEQUENCE_BYTES);
  }
}
