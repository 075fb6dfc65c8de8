import { statSync } from 'node:fs';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { isSecretOf, partsOf, readKeyFile, type KeyRecord } from './key-file.js';
import { readKeyUses, writeKeyUses } from './key-uses.js';
import type { Identity } from './principal.js';

/** How often it is looked whether the file is another by now, in milliseconds. */
const CHECK_INTERVAL = 250;

/** How often it is written down when keys were last used, in milliseconds. */
const USES_INTERVAL = 60_000;

/**
 * The keys of the keys file, as they are now: the file is read again when it changes. While it cannot be trusted, because
 * others may read it or it is damaged, none of its keys is accepted.
 */
@Injectable()
export class KeyRing implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(KeyRing.name);
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  #checkedAt = -Infinity;
  /** When keys were used since that was last written down. */
  readonly #uses = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(Settings) private readonly settings: Settings) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#writeUses();
    }, USES_INTERVAL);
    this.#timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#writeUses();
  }

  /** Whose key a token is; undefined where it is none of the file's, or has expired. */
  identify(token: string, now = new Date()): Identity | undefined {
    const parts = partsOf(token);
    if (parts === undefined) return undefined;
    this.#refresh();
    const record = this.#records.get(parts.id);
    if (record === undefined || !isSecretOf(record, parts.secret) || isExpired(record, now)) return undefined;
    this.#uses.set(record.id, now.toISOString());
    return toIdentity(record);
  }

  #refresh(): void {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_INTERVAL) return;
    this.#checkedAt = now;
    const version = versionOf(this.settings.KEYS_FILE);
    if (version === this.#version) return;
    this.#version = version;
    this.#records = new Map(this.#read().map((record) => [record.id, record]));
  }

  #read(): readonly KeyRecord[] {
    try {
      return readKeyFile(this.settings.KEYS_FILE);
    } catch (error) {
      this.#logger.error(`No key of the keys file is accepted: ${String(error)}`);
      return [];
    }
  }

  #writeUses(): void {
    if (this.#uses.size === 0) return;
    try {
      const known = readKeyUses(this.settings.KEYS_FILE);
      writeKeyUses(this.settings.KEYS_FILE, new Map([...known, ...this.#uses]));
      this.#uses.clear();
    } catch (error) {
      this.#logger.warn(`It could not be written down when keys were last used: ${String(error)}`);
    }
  }
}

function versionOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeNs} ${stats.size} ${stats.mode}`;
}

function isExpired({ expires_at: end }: KeyRecord, now: Date): boolean {
  return end !== undefined && new Date(end) <= now;
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
