import { randomBytes } from 'node:crypto';
import { KeyFileError } from '../key-file-error.js';
import { createPrivately, readPrivately } from '../private-file.js';

const BYTES = 32;

/** The secret that sign-ins are sealed with: a file beside that of the keys, which servers that share the one share as well. */
export class SignInSecret {
  readonly #path: string;

  /** @param keyFile path of the file of keys. */
  constructor(keyFile: string) {
    this.#path = `${keyFile}.sign-in-secret`;
  }

  /**
   * The secret; undefined where nobody has signed in yet.
   * @throws {KeyFileError} where others could know or replace it, or it is none.
   */
  read(): Buffer | undefined {
    const text = readPrivately(this.#path);
    if (text === undefined) return undefined;
    const secret = Buffer.from(text.trim(), 'base64url');
    if (secret.length !== BYTES)
      throw new KeyFileError(`${this.#path} holds no secret of ${BYTES} bytes. Remove it.`);
    return secret;
  }

  /**
   * The secret, made where there is none.
   * @throws {KeyFileError} as {@link read}; other errors where it cannot be written.
   */
  readOrMake(): Buffer {
    const known = this.read();
    if (known !== undefined) return known;
    createPrivately(this.#path, `${randomBytes(BYTES).toString('base64url')}\n`);
    // Another server may have been faster.
    const made = this.read();
    if (made === undefined) throw new KeyFileError(`${this.#path} is gone again.`);
    return made;
  }
}
