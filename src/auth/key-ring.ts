import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Settings } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { isExpired, isSecretOf, partsOf, readKeyFile, type KeyRecord } from './key-file.js';
import { KeyFileError } from './key-file-error.js';
import { readKeyUses, writeKeyUses } from './key-uses.js';
import type { Identity } from './principal.js';
import { versionOfPrivate } from './private-file.js';

/** How often it is looked whether the file is another by now, in milliseconds. */
const CHECK_INTERVAL = 250;

/** How often that is looked at while nobody sends a key of it, so that whoever changed it reads at once what is wrong, in milliseconds. */
const WATCH_INTERVAL = 1000;

/** How often it is written down when keys were last used, in milliseconds. */
const USES_INTERVAL = 60_000;

/**
 * The keys of the keys file, as they are now: the file is read again when it changes. While it cannot be trusted, because
 * others may read it or something in it is not right, none of its keys is accepted. The log says which of both, whenever it changes.
 */
@Injectable()
export class KeyRing implements OnApplicationBootstrap, OnApplicationShutdown {
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  #checkedAt = -Infinity;
  /** When keys were used since that was last written down. */
  readonly #uses = new Map<string, string>();
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.#refresh();
    this.#timers = [
      setInterval(() => {
        this.#refresh();
      }, WATCH_INTERVAL),
      setInterval(() => {
        this.#writeUses();
      }, USES_INTERVAL),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  onApplicationShutdown(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#writeUses();
  }

  /** Whose key a token is; undefined where it is none of the file's, or has expired. */
  identify(token: string, now = new Date()): Identity | undefined {
    const parts = partsOf(token);
    const record = parts === undefined ? undefined : this.#recordOf(parts.id, now);
    if (parts === undefined || record === undefined || !isSecretOf(record, parts.secret)) return undefined;
    return this.#use(record, now);
  }

  /** Whose the key with an id is, as long as it is accepted: for whoever has shown it before. */
  holderOf(id: string, now = new Date()): Identity | undefined {
    const record = this.#recordOf(id, now);
    return record === undefined ? undefined : this.#use(record, now);
  }

  #recordOf(id: string, now: Date): KeyRecord | undefined {
    this.#refresh();
    const record = this.#records.get(id);
    return record === undefined || isExpired(record, now) ? undefined : record;
  }

  #use(record: KeyRecord, now: Date): Identity {
    this.#uses.set(record.id, now.toISOString());
    return toIdentity(record);
  }

  #refresh(): void {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_INTERVAL) return;
    this.#checkedAt = now;
    const version = versionOfPrivate(this.settings.KEYS_FILE);
    if (version === this.#version) return;
    this.#version = version;
    this.#records = new Map(this.#read().map((record) => [record.id, record]));
  }

  #read(): readonly KeyRecord[] {
    const { KEYS_FILE: file } = this.settings;
    try {
      const keys = readKeyFile(file);
      this.logger.info({ keys_file: file, keys: keys.length }, 'keys are read from this file');
      return keys;
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
      // Its cause can quote what stands in the file.
      this.logger.error({ keys_file: file, reason: error.message }, 'no key of the keys file is accepted');
      return [];
    }
  }

  #writeUses(): void {
    if (this.#uses.size === 0) return;
    try {
      const uses = [...readKeyUses(this.settings.KEYS_FILE), ...this.#uses];
      // While the file is not accepted it is not known which keys are in it.
      const kept = uses.filter(([id]) => this.#records.size === 0 || this.#records.has(id));
      writeKeyUses(this.settings.KEYS_FILE, new Map(kept));
      this.#uses.clear();
    } catch (error) {
      this.logger.warn({ err: error }, 'it could not be written down when keys were last used');
    }
  }
}

function toIdentity(record: KeyRecord): Identity {
  return {
    name: `key:${record.name}`,
    scopes: new Set(record.scopes),
    access: {
      userId: record.user_id,
      platforms: record.platforms,
      profiles: record.profiles,
      origins: record.origins,
    },
  };
}
