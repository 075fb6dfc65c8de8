import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { realPathOf } from './real-file.js';
import { stampOf } from './state-db-file.js';
import { FOLLOWING } from '../waits.js';

/**
 * Tells when a database file, or its journal, may have changed, by the notifications of the operating system and without reading the file. Some file
 * systems (network shares, folders of another machine) send none; after an unreported change, the file counts as changed ten times a second.
 */
export class FileWatch {
  readonly #logger = new Logger(FileWatch.name);
  readonly #listeners = new Set<() => void>();
  #watchers: readonly FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #conclusion: NodeJS.Immediate | undefined;
  #isTold = true;
  #wasTold = false;
  #seen: string | undefined;

  constructor(private readonly path: string) {}

  /** Calls `listener` after every change, maybe more often. @returns how to unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#seen = stampOf(this.path)?.contents;
    this.#watchers = this.#isTold ? this.#open() : [];
    this.#every(this.#isTold ? FOLLOWING.check : FOLLOWING.poll);
  }

  #end(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    clearImmediate(this.#conclusion);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #every(interval: number): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (this.#isTold) this.#check();
      else this.#tell();
    }, interval);
    this.#timer.unref();
  }

  /** Watches folders rather than files, since journals come and go and an owner may replace the file. */
  #open(): readonly FSWatcher[] {
    const folders = new Set([dirname(this.path), dirname(realPathOf(this.path))]);
    try {
      return [...folders].map((folder) => this.#openFolder(folder));
    } catch (error) {
      this.#poll(String(error));
      return [];
    }
  }

  #openFolder(folder: string): FSWatcher {
    const names = new Set([basename(this.path), basename(realPathOf(this.path))]);
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      const isOurs = name === null || [...names].some((own) => name.startsWith(own));
      if (!isOurs) return;
      this.#wasTold = true;
      this.#tell();
      this.#tellAgain(0);
    });
    watcher.on('error', (error) => {
      this.#poll(String(error));
    });
    return watcher;
  }

  #tellAgain(times: number): void {
    clearTimeout(this.#again);
    const delay = FOLLOWING.again[times];
    if (delay === undefined) return;
    this.#again = setTimeout(() => {
      this.#tell();
      this.#tellAgain(times + 1);
    }, delay);
    this.#again.unref();
  }

  /**
   * If the contents changed without a notification, the next change will not be reported either. But a notification may still be queued: in a process
   * that was suspended, as on a sleeping laptop, timers run first. So the conclusion waits until queued notifications are read. Such a notification
   * may be about this change or a later one, so it counts for both.
   */
  #check(): void {
    const seen = stampOf(this.path)?.contents;
    const isNew = seen !== this.#seen && !this.#wasTold;
    this.#seen = seen;
    this.#wasTold = false;
    this.#conclusion = setImmediate(() => {
      if (isNew && !this.#wasTold) this.#poll('a change went unnoticed');
    });
  }

  #poll(reason: string): void {
    if (!this.#isTold) return;
    this.#logger.warn(
      `Changes of ${basename(this.path)} are not told here (${reason}): it is looked at instead.`,
    );
    this.#isTold = false;
    this.#every(FOLLOWING.poll);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
