import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Settings } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { readKeyFile, type KeyRecord } from './key-file.js';
import { KeyFileError } from './key-file-error.js';
import { readKeyUses, writeKeyUses } from './key-uses.js';
import { versionOfPrivate } from './private-file.js';

/** How often a lookup checks whether the file has changed, in milliseconds. */
const CHECK_INTERVAL = 250;

/** How often the file is checked without lookups, in milliseconds, so that a mistake in it is logged soon after the change. */
const WATCH_INTERVAL = 1000;

/**
 * The keys of the key file, read again whenever it changes. While the file cannot be trusted, because others may read it or something in it is
 * invalid, none of its keys is accepted. The log names the reason whenever it changes.
 */
@Injectable()
export class FileKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  /** The last logged reason why no key is accepted. */
  #problem: string | undefined;
  #checkedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.#refresh();
    this.#timer = setInterval(() => {
      this.#refresh();
    }, WATCH_INTERVAL);
    this.#timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** The record with an id. */
  find(id: string): KeyRecord | undefined {
    this.#refresh();
    return this.#records.get(id);
  }

  /** Writes the last uses of keys found here. @throws if they cannot be written */
  noteUses(uses: ReadonlyMap<string, string>): void {
    const { KEYS_FILE: file } = this.settings;
    // While the file is refused, its keys are unknown: uses of all keys are kept.
    const isKnown = (id: string): boolean => this.#records.size === 0 || this.#records.has(id);
    const kept = [...readKeyUses(file), ...uses].filter(([id]) => isKnown(id));
    writeKeyUses(file, new Map(kept));
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
      this.#problem = undefined;
      this.logger.info({ keys_file: file, keys: keys.length }, 'keys are read from this file');
      return keys;
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
      // The same file may be readable later, after a lack of descriptors or memory.
      if (error.mayPass) this.#version = undefined;
      this.#tell(error.message);
      return [];
    }
  }

  /** Logs only the message: the cause of a problem can quote the file's content. */
  #tell(problem: string): void {
    if (problem === this.#problem && this.#version === undefined) return;
    this.#problem = problem;
    this.logger.error(
      { keys_file: this.settings.KEYS_FILE, reason: problem },
      'no key of the keys file is accepted',
    );
  }
}
