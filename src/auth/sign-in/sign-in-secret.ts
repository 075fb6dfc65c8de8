import { randomBytes } from 'node:crypto';
import { KeyFileError } from '../key-file-error.js';
import { createPrivately, readPrivately } from '../private-file.js';

const BYTES = 32;

/** The secret that seals sign-ins: a file beside the key file, shared by the servers that share the key file. */
export class SignInSecret {
  readonly #path: string;

  /** @param keyFile path of the key file. */
  constructor(keyFile: string) {
    this.#path = `${keyFile}.sign-in-secret`;
  }

  /**
   * The secret; undefined before the first sign-in.
   * @throws {KeyFileError} if others could read or replace it, or it is invalid.
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
   * The secret, created if missing.
   * @throws {KeyFileError} as {@link read}; other errors if it cannot be written.
   */
  readOrMake(): Buffer {
    const known = this.read();
    if (known !== undefined) return known;
    createPrivately(this.#path, `${randomBytes(BYTES).toString('base64url')}\n`);
    // Another server may have created it first: read the one that is there.
    const made = this.read();
    if (made === undefined) throw new KeyFileError(`${this.#path} is gone again.`);
    return made;
  }
}
