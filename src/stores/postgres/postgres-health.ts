import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../../domain/errors.js';
import type { SessionAccess } from '../../sessions/session-access.js';
import {
  StoreHealth,
  type ProfileMeasurements,
  type ProfileStatus,
  type StandbyMeasurements,
  type StoreFeatures,
  type StoreReadiness,
  type StoreStatus,
} from '../../sessions/store-health.js';
import { requireUsableLayout } from './connection/migrations.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { DatabaseLifetime } from './database-lifetime.js';
import { measureHistories, readFeatures, readProfiles, readStatus } from './histories.js';
import { BoundedSearches } from './search/bounded-searches.js';

/** How the database and the histories in it do. */
@Injectable()
export class PostgresHealth extends StoreHealth {
  constructor(
    @Inject(PostgresConnection) private readonly connection: PostgresConnection,
    @Inject(BoundedSearches) private readonly searches: BoundedSearches,
    @Inject(DatabaseLifetime) private readonly lifetime: Pick<DatabaseLifetime, 'doing'>,
  ) {
    super();
  }

  features(): Promise<StoreFeatures> {
    return this.connection.statement(readFeatures);
  }

  status(): Promise<StoreStatus> {
    return this.connection.statement(readStatus);
  }

  async measurements(): Promise<readonly ProfileMeasurements[]> {
    const { waiting } = this.searches;
    try {
      return await this.connection.snapshot((manager) => measureHistories(manager, waiting));
    } catch (error) {
      // The server's own numbers are told all the same.
      if (error instanceof DomainError) return [];
      throw error;
    }
  }

  standbys(): readonly StandbyMeasurements[] {
    return this.connection.standbys;
  }

  profilesOf(access: SessionAccess): Promise<readonly ProfileStatus[]> {
    return this.connection.snapshot((manager) => readProfiles(manager, access));
  }

  async readiness(): Promise<StoreReadiness> {
    try {
      // Looked at each time: a newer version may come while this one runs.
      await this.connection.snapshot(requireUsableLayout);
      return { ready: true };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { doing } = this.lifetime;
      const reason = doing === undefined ? error.message : `The database is being prepared. ${doing}`;
      return { ready: false, reason, progress: null, building: false };
    }
  }
}
