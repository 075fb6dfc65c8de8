import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Settings } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { readKeyFile, type KeyRecord } from './key-file.js';
import { KeyFileError } from './key-file-error.js';
import { readKeyUses, writeKeyUses } from './key-uses.js';
import { versionOfPrivate } from './private-file.js';

/** How often it is looked whether the file is another by now, in milliseconds. */
const CHECK_INTERVAL = 250;

/** How often that is looked at while nobody sends a key of it, so that whoever changed it reads at once what is wrong, in milliseconds. */
const WATCH_INTERVAL = 1000;

/**
 * The keys of the keys file, as they are now: the file is read again when it changes. While it cannot be trusted, because
 * others may read it or something in it is not right, none of its keys is accepted. The log says which of both, whenever it changes.
 */
@Injectable()
export class FileKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  #version: string | undefined;
  /** Why none is accepted, as it was said last. */
  #problem: string | undefined;
  #checkedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Settings) private readonly settings: Settings,
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

  /** Writes down when keys were used that were found here. @throws where it cannot be written */
  noteUses(uses: ReadonlyMap<string, string>): void {
    const { KEYS_FILE: file } = this.settings;
    // While the file is not accepted it is not known which keys are in it.
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
      // What could not be opened for want of files or memory can be the next time, and is the same file then.
      if (error.mayPass) this.#version = undefined;
      this.#tell(error.message);
      return [];
    }
  }

  /** The cause of a problem can quote what stands in the file. */
  #tell(problem: string): void {
    if (problem === this.#problem && this.#version === undefined) return;
    this.#problem = problem;
    this.logger.error(
      { keys_file: this.settings.KEYS_FILE, reason: problem },
      'no key of the keys file is accepted',
    );
  }
}
