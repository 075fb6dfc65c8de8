import { Logger } from '@nestjs/common';
import type { HistoryLocation } from '../../../config/settings.js';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import {
  unreadyBy,
  type ProfileMeasurements,
  type StoreFeatures,
  type StoreReadiness,
  type StoreStatus,
} from '../../../sessions/store-health.js';
import { whyStateDbStandsStill } from '../file/hermes-configuration.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import { journalOf } from '../file/real-file.js';
import { fileSize } from '../file/state-db-file.js';
import { countOf, textOf } from '../file/values.js';
import { whyNotWritable } from '../file/writable.js';
import type { SessionIndex } from '../index/session-index.js';
import type { SearchThreads } from '../search/search-threads.js';

/** The health of one profile of Hermes. Its methods are documented at `StoreHealth`. */
export class ProfileHealth {
  readonly #warning = new RepeatedWarning(new Logger(ProfileHealth.name));

  constructor(
    private readonly profile: string,
    private readonly location: HistoryLocation,
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
    private readonly searchThreads: SearchThreads,
  ) {}

  async features(): Promise<StoreFeatures> {
    const { layout, canFireTriggers } = await this.connection.current();
    const writable = (await whyNotWritable(this.location.stateDb)) === null;
    return {
      search: true,
      rename: writable,
      archive: writable && layout.sessionColumns.has('archived'),
      pin: writable && layout.sessionColumns.has('pinned'),
      delete: writable && canFireTriggers,
      create: writable && canFireTriggers,
    };
  }

  async status(): Promise<StoreStatus> {
    await this.index.check();
    const counts = await this.connection.snapshot(({ reader, layout }) => ({
      schemaVersion: layout.schemaVersion,
      journalMode: textOf(reader.value('PRAGMA main.journal_mode')) ?? 'unknown',
      sessions: countOf(reader.value('SELECT count(*) FROM sessions')),
      messages: countOf(reader.value('SELECT count(*) FROM messages')),
      activeSessions: countOf(reader.value('SELECT count(*) FROM sessions WHERE ended_at IS NULL')),
    }));
    return {
      kind: 'hermes',
      ...counts,
      unreadableSessions: this.index.unlistedRows,
      indexAgeSeconds: this.#indexAge,
      staleReason: await whyStateDbStandsStill(this.location.hermesHome),
    };
  }

  async measure(): Promise<ProfileMeasurements> {
    const { ready } = await this.condition();
    const { stateDb } = this.location;
    return {
      profile: this.profile,
      origin: null,
      ready,
      ...this.index.sizes,
      fileBytes: fileSize(stateDb),
      journalBytes: fileSize(journalOf(stateDb)),
      indexAgeSeconds: this.#indexAge,
      searchesWaiting: this.searchThreads.waiting,
      shipping: null,
    };
  }

  /** Whether lists can be answered; they come from the index, and do not reveal damage of the file. */
  async readiness(): Promise<StoreReadiness> {
    try {
      if (await this.index.check()) return { ready: true };
    } catch (error) {
      return this.#unready(error);
    }
    const { done, total } = this.index.progress;
    return { ready: false, reason: 'The index is being built.', progress: { done, total }, building: true };
  }

  /** Like {@link readiness}; in addition, the file must not be known to be damaged. */
  async condition(): Promise<StoreReadiness> {
    const readiness = await this.readiness();
    if (!readiness.ready) return readiness;
    try {
      await this.connection.snapshot(({ reader }) => {
        reader.requireUndamaged();
      });
      return readiness;
    } catch (error) {
      return this.#unready(error);
    }
  }

  #unready(error: unknown): StoreReadiness {
    return unreadyBy(error, (text) => {
      this.#warning.warn(`The profile ${this.profile}: ${text}`);
    });
  }

  get #indexAge(): number | null {
    const { age } = this.index;
    return age === undefined ? null : age / 1000;
  }
}
