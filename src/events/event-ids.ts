import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const SEQUENCE_BYTES = 6;
const TAG_BYTES = 16;

/**
 * Ids of events, for listeners to come back with. Each is another one even for the same place, and says nothing to anybody but its
 * maker: plain numbers would tell a listener how much happens that it may not know of.
 */
export class EventIds {
  /** Ids of another log, or of another process, are not taken for ones of this. */
  readonly #key = randomBytes(32);

  /** @param sequence how many events there were up to the place. */
  of(sequence: number): string {
    const nonce = randomBytes(NONCE_BYTES);
    const plain = Buffer.alloc(SEQUENCE_BYTES);
    plain.writeUIntBE(sequence, 0, SEQUENCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce);
    const parts = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(parts).toString('base64url');
  }

  /** What {@link of} was told; undefined for an id that it did not make. */
  sequenceOf(id: string): number | undefined {
    const bytes = Buffer.from(id, 'base64url');
    if (bytes.length !== NONCE_BYTES + SEQUENCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(ALGORITHM, this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      decipher.final();
      return plain.readUIntBE(0, SEQUENCE_BYTES);
    } catch {
      return undefined;
    }
  }
}
