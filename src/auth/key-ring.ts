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

/** How often last uses of keys are written, in milliseconds. */
const USES_INTERVAL = 60_000;

/** A place where keys are stored. */
interface KeySource {
  find(id: string): KeyRecord | undefined | Promise<KeyRecord | undefined>;
  noteUses(uses: ReadonlyMap<string, string>): void | Promise<void>;
}

interface FoundKey {
  readonly record: KeyRecord;
  readonly source: KeySource;
}

/** The keys accepted besides the server's own: those of its key file, and those shared by all servers on the same store. */
@Injectable()
export class KeyRing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Uses since the last write, by source and key id. */
  readonly #uses: ReadonlyMap<KeySource, Map<string, string>>;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    file: FileKeys,
    shared: SharedKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#uses = new Map<KeySource, Map<string, string>>([
      [file, new Map()],
      [shared, new Map()],
    ]);
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      void this.#noteUses();
    }, USES_INTERVAL);
    this.#timer.unref();
  }

  /** Writes the last uses: the store is still open at this point. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#noteUses();
  }

  /**
   * The owner of a token; undefined if the token is unknown or expired.
   * @throws {DomainError} `store_unavailable`, if the key cannot be looked up
   */
  async identify(token: string): Promise<Identity | undefined> {
    const parts = partsOf(token);
    const found = parts === undefined ? undefined : await this.#find(parts.id);
    if (parts === undefined || found === undefined || !isSecretOf(found.record, parts.secret))
      return undefined;
    return this.#use(found);
  }

  /**
   * The owner of the key with an id, while the key is accepted. For callers that have already proven possession of it.
   * @throws as {@link identify}
   */
  async holderOf(id: string): Promise<Identity | undefined> {
    const found = await this.#find(id);
    return found === undefined ? undefined : this.#use(found);
  }

  async #find(id: string): Promise<FoundKey | undefined> {
    for (const source of this.#uses.keys()) {
      const record = await source.find(id);
      if (record !== undefined) return isExpired(record, new Date()) ? undefined : { record, source };
    }
    return undefined;
  }

  #use({ record, source }: FoundKey): Identity {
    this.#uses.get(source)?.set(record.id, new Date().toISOString());
    return toIdentity(record);
  }

  async #noteUses(): Promise<void> {
    for (const [source, uses] of this.#uses) {
      const noted = new Map(uses);
      if (noted.size === 0) continue;
      try {
        await source.noteUses(noted);
        for (const [id, at] of noted) if (uses.get(id) === at) uses.delete(id);
      } catch (error) {
        this.logger.warn({ err: error }, 'it could not be written down when keys were last used');
      }
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
