/** Numbers for texts that many rows share, so that comparing them costs nothing. */
export class Dictionary {
  readonly #codes = new Map<string, number>();

  /** The number of a text, a new one where it has none; null has 0. */
  code(text: string | null): number {
    if (text === null) return 0;
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.#codes.size + 1;
      this.#codes.set(text, code);
    }
    return code;
  }

  /** The number of a text that some row has had; -1, which no row has, for any other. */
  known(text: string): number {
    return this.#codes.get(text) ?? -1;
  }
}
