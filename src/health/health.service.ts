import { Injectable } from '@nestjs/common';
import { VERSION } from '../config/version.js';
import { sharedLook } from '../domain/shared-look.js';
import { StoreHealth, type StoreReadiness } from '../sessions/store-health.js';
import type { DetailedHealthResponse, ReadyResponse } from './health.response.js';

/** How long a readiness is cached, in milliseconds: the probe needs no key and has no rate limit. */
const TOLD_FOR = 100;

/** The health of the process and its store. */
@Injectable()
export class HealthService {
  readonly #readiness: () => Promise<StoreReadiness>;

  constructor(private readonly store: StoreHealth) {
    this.#readiness = sharedLook(() => store.readiness(), TOLD_FOR);
  }

  async ready(): Promise<ReadyResponse> {
    const readiness = await this.#readiness();
    return readiness.ready
      ? { status: 'ready', reason: null }
      : { status: 'not_ready', reason: readiness.reason };
  }

  async detailed(): Promise<DetailedHealthResponse> {
    const store = await this.store.status();
    return {
      status: 'ok',
      platform: 'hermes-agent',
      version: VERSION,
      uptime_seconds: process.uptime(),
      store: {
        kind: store.kind,
        schema_version: store.schemaVersion,
        journal_mode: store.journalMode,
        sessions: store.sessions,
        messages: store.messages,
        active_sessions: store.activeSessions,
        unreadable_sessions: store.unreadableSessions,
        index_age_seconds: store.indexAgeSeconds,
        stale_reason: store.staleReason,
      },
    };
  }
}
