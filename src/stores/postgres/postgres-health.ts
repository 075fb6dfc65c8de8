import { Inject, Injectable, Logger } from '@nestjs/common';
import { RepeatedWarning } from '../../logging/repeated-warning.js';
import type { SessionAccess } from '../../domain/access.js';
import {
  StoreHealth,
  unreadyBy,
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

/** The health of the database and of its histories. */
@Injectable()
export class PostgresHealth extends StoreHealth {
  readonly #warning = new RepeatedWarning(new Logger(PostgresHealth.name));

  constructor(
    private readonly connection: PostgresConnection,
    private readonly searches: BoundedSearches,
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
    } catch {
      // The server's own metrics are still reported; readiness tells why these are missing.
      return [];
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
      // Checked each time: a newer version may migrate the database while this process runs.
      await this.connection.snapshot(requireUsableLayout);
      return { ready: true };
    } catch (error) {
      const { doing } = this.lifetime;
      const readiness = unreadyBy(error, (text) => {
        this.#warning.warn(text);
      });
      return doing === undefined
        ? readiness
        : { ...readiness, reason: `The database is being prepared. ${doing}` };
    }
  }
}
