import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Logger } from 'pino';
import { KeyStore } from '../domain/key-store.js';
import { LOGGER } from '../logging/logger.js';
import { checkKeyRecord, type KeyRecord } from './key-file.js';
import { KeyFileError } from './key-file-error.js';

/** How old what is known of the keys may be when one is shown, in milliseconds: one that was taken back ends within this time. */
const KNOWN_FOR = 500;

/**
 * The keys that all servers on one store share; none where the store keeps none. They are read when somebody shows one. One that is not
 * right in everything is not accepted, and the log says why.
 */
@Injectable()
export class SharedKeys {
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  #checkedAt = -Infinity;
  #checking: Promise<void> | undefined;

  constructor(
    @Optional() @Inject(KeyStore) private readonly store: KeyStore | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The record with an id.
   * @throws {DomainError} `store_unavailable`, where the keys could not be read yet
   */
  async find(id: string): Promise<KeyRecord | undefined> {
    await this.#refresh();
    return this.#records.get(id);
  }

  /** Notes when keys were used that are among these. @throws {DomainError} `store_unavailable` */
  async noteUses(uses: ReadonlyMap<string, string>): Promise<void> {
    const own = [...uses].filter(([id]) => this.#records.has(id));
    if (own.length > 0) await this.store?.noteUses(new Map(own));
  }

  async #refresh(): Promise<void> {
    if (this.store === undefined || performance.now() - this.#checkedAt < KNOWN_FOR) return;
    this.#checking ??= this.#check(this.store).finally(() => (this.#checking = undefined));
    await this.#checking;
  }

  async #check(store: KeyStore): Promise<void> {
    const startedAt = performance.now();
    try {
      const kept = await store.readKeys(this.#version);
      if (kept !== undefined) this.#take(kept.keys);
      this.#version = kept?.version ?? this.#version;
      this.#checkedAt = startedAt;
    } catch (error) {
      // Without its store nothing is answered from it either: what was known holds until it is back.
      if (this.#version === undefined) throw error;
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
