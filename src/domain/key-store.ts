/** All keys of a store, as they were kept: parsed JSON that nobody has checked. */
export interface KeptKeys {
  /** Another one whenever a key has come or gone. */
  readonly version: string;
  readonly keys: readonly unknown[];
}

/** Keeps keys that all servers on one store share. */
export abstract class KeyStore {
  /**
   * Reads all keys where they are others than they were.
   * @param version what was read last.
   * @returns undefined where nothing has changed since.
   * @throws {DomainError} `store_unavailable`
   */
  abstract readKeys(version: string | undefined): Promise<KeptKeys | undefined>;

  /**
   * Notes when keys were last used.
   * @param uses RFC 3339, by the ids of the keys.
   * @throws {DomainError} `store_unavailable`
   */
  abstract noteUses(uses: ReadonlyMap<string, string>): Promise<void>;
}
