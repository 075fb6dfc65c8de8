import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Logger } from 'pino';
import { KeyStore } from '../domain/key-store.js';
import { LOGGER } from '../logging/logger.js';
import { checkKeyRecord, type KeyRecord } from './key-file.js';
import { KeyFileError } from './key-file-error.js';

/** How old what is known of the keys may be when one is shown, in milliseconds: one that was taken back ends within this time. */
const KNOWN_FOR = 500;

/** How old it may be when one is shown that is not known, which may have been made since, in milliseconds. */
const ALL_FOR = 50;

/** How long a key that was known is believed while nobody can say whether it was taken back, in milliseconds. */
const BELIEVED_FOR = 60_000;

/**
 * The keys that all servers on one store share; none where the store keeps none. They are read when somebody shows one. One that is not
 * right in everything is not accepted, and the log says why.
 */
@Injectable()
export class SharedKeys {
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  /** When they were asked for last, and when they were read. */
  #askedAt = -Infinity;
  #readAt = -Infinity;
  /** Why they could not be read the last time. */
  #failure: Error | undefined;
  #checking: Promise<void> | undefined;

  constructor(
    @Optional() @Inject(KeyStore) private readonly store: KeyStore | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The record with an id.
   * @throws {DomainError} `store_unavailable`, where nobody can say whether there is one
   */
  async find(id: string): Promise<KeyRecord | undefined> {
    if (this.store === undefined) return undefined;
    const refreshed = this.#refresh(this.store, this.#records.has(id) ? KNOWN_FOR : ALL_FOR);
    // What is known need not wait for a store that is away.
    if (this.#failure === undefined || !this.#isBelieved(id)) await refreshed;
    if (this.#failure !== undefined && !this.#isBelieved(id)) throw this.#failure;
    return this.#records.get(id);
  }

  #isBelieved(id: string): boolean {
    return this.#records.has(id) && performance.now() - this.#readAt < BELIEVED_FOR;
  }

  /** Notes when keys were used that were found here. @throws {DomainError} `store_unavailable` */
  async noteUses(uses: ReadonlyMap<string, string>): Promise<void> {
    await this.store?.noteUses(uses);
  }

  async #refresh(store: KeyStore, age: number): Promise<void> {
    if (performance.now() - this.#askedAt < age) return this.#checking;
    this.#checking ??= this.#check(store).finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #check(store: KeyStore): Promise<void> {
    this.#askedAt = performance.now();
    try {
      const kept = await store.readKeys(this.#version);
      if (kept !== undefined) this.#take(kept.keys);
      this.#version = kept?.version ?? this.#version;
      this.#readAt = this.#askedAt;
      this.#failure = undefined;
    } catch (error) {
      this.#failure =
        error instanceof Error ? error : new Error('The keys could not be read.', { cause: error });
    }
  }

  #take(keys: readonly unknown[]): void {
    const records = new Map<string, KeyRecord>();
    for (const key of keys) {
      try {
        const record = checkKeyRecord(key);
        records.set(record.id, record);
      } catch (error) {
        if (!(error instanceof KeyFileError)) throw error;
        this.logger.error({ reason: error.message }, 'a key of the store is not accepted');
      }
    }
    this.logger.info({ keys: records.size }, 'keys are read from the store');
    this.#records = records;
  }
}
