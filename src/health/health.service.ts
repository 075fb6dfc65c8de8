import { Inject, Injectable } from '@nestjs/common';
import { VERSION } from '../config/version.js';
import { StoreHealth } from '../sessions/store-health.js';
import type { DetailedHealthResponse, ReadyResponse } from './health.response.js';

/** How the process and its store are doing. */
@Injectable()
export class HealthService {
  constructor(@Inject(StoreHealth) private readonly store: StoreHealth) {}

  async ready(): Promise<ReadyResponse> {
    const readiness = await this.store.readiness();
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
