import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Logger } from 'pino';
import { KeyStore } from '../domain/key-store.js';
import { LOGGER } from '../logging/logger.js';
import { checkKeyRecord, type KeyRecord } from './key-file.js';
import { KeyFileError } from './key-file-error.js';

/** Maximum age of the cached keys for the lookup of a cached key, in milliseconds: a revoked key ends within this time. */
const KNOWN_FOR = 500;

/** Maximum age for the lookup of an unknown key, which may be new, in milliseconds. */
const ALL_FOR = 50;

/** How long a cached key is accepted while the store cannot be asked, in milliseconds. */
const BELIEVED_FOR = 60_000;

/**
 * The keys shared by all servers on one store; none if the store keeps none. They are read on demand. An invalid record is not accepted, and the log
 * says why.
 */
@Injectable()
export class SharedKeys {
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  /** Times of the last check and of the last successful read. */
  #askedAt = -Infinity;
  #readAt = -Infinity;
  /** Why the last read failed. */
  #failure: Error | undefined;
  #checking: Promise<void> | undefined;

  constructor(
    // TypeScript records no class for a union, so the class is named here.
    @Optional() @Inject(KeyStore) private readonly store: KeyStore | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The record with an id.
   * @throws {DomainError} `store_unavailable`, if the key cannot be looked up
   */
  async find(id: string): Promise<KeyRecord | undefined> {
    if (this.store === undefined) return undefined;
    const refreshed = this.#refresh(this.store, this.#records.has(id) ? KNOWN_FOR : ALL_FOR);
    // A cached key need not wait for an unavailable store.
    if (this.#failure === undefined || !this.#isBelieved(id)) await refreshed;
    if (this.#failure !== undefined && !this.#isBelieved(id)) throw this.#failure;
    return this.#records.get(id);
  }

  #isBelieved(id: string): boolean {
    return this.#records.has(id) && performance.now() - this.#readAt < BELIEVED_FOR;
  }

  /** Stores the last uses of keys found here. @throws {DomainError} `store_unavailable` */
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
