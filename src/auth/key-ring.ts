import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/logger.js';
import { FileKeys } from './file-keys.js';
import { isExpired, isSecretOf, partsOf, type KeyRecord } from './key-file.js';
import type { Identity } from './principal.js';
import { SharedKeys } from './shared-keys.js';

/** How often it is written down when keys were last used, in milliseconds. */
const USES_INTERVAL = 60_000;

/** The keys that are accepted beside the server's own: those of its keys file, and those that all servers on its store share. */
@Injectable()
export class KeyRing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** When keys were used since that was last written down. */
  readonly #uses = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(FileKeys) private readonly file: FileKeys,
    @Inject(SharedKeys) private readonly shared: SharedKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      void this.#noteUses();
    }, USES_INTERVAL);
    this.#timer.unref();
  }

  /** The store is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#noteUses();
  }

  /**
   * Whose key a token is; undefined where it is none of these, or has expired.
   * @throws {DomainError} `store_unavailable`, where it may be one that has not been read yet
   */
  async identify(token: string, now = new Date()): Promise<Identity | undefined> {
    const parts = partsOf(token);
    const record = parts === undefined ? undefined : await this.#recordOf(parts.id, now);
    if (parts === undefined || record === undefined || !isSecretOf(record, parts.secret)) return undefined;
    return this.#use(record, now);
  }

  /**
   * Whose the key with an id is, as long as it is accepted: for whoever has shown it before.
   * @throws as {@link identify}
   */
  async holderOf(id: string, now = new Date()): Promise<Identity | undefined> {
    const record = await this.#recordOf(id, now);
    return record === undefined ? undefined : this.#use(record, now);
  }

  async #recordOf(id: string, now: Date): Promise<KeyRecord | undefined> {
    const record = this.file.find(id) ?? (await this.shared.find(id));
    return record === undefined || isExpired(record, now) ? undefined : record;
  }

  #use(record: KeyRecord, now: Date): Identity {
    this.#uses.set(record.id, now.toISOString());
    return toIdentity(record);
  }

  async #noteUses(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = new Map(this.#uses);
    try {
      this.file.noteUses(uses);
      await this.shared.noteUses(uses);
      for (const [id, at] of uses) if (this.#uses.get(id) === at) this.#uses.delete(id);
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
