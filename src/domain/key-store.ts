/** All keys of a store as unvalidated JSON values. */
export interface KeptKeys {
  /** Changes whenever a key is added or removed. */
  readonly version: string;
  readonly keys: readonly unknown[];
}

/** Stores keys that all servers on one store share. */
export abstract class KeyStore {
  /**
   * Reads all keys if they have changed.
   * @param version the version that was read last.
   * @returns undefined if nothing has changed since.
   * @throws {DomainError} `store_unavailable`
   */
  abstract readKeys(version: string | undefined): Promise<KeptKeys | undefined>;

  /**
   * Records when keys were last used.
   * @param uses RFC 3339 times, by key id.
   * @throws {DomainError} `store_unavailable`
   */
  abstract noteUses(uses: ReadonlyMap<string, string>): Promise<void>;
}
