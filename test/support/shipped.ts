import { Logger } from '@nestjs/common';
import type { Settings } from '../../src/config/settings.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { Shipper } from '../../src/ship/shipper.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';

/** What tests call a host. */
export const TEST_ORIGIN = 'test-host';

/** A shipper in this process, which a test can wait for. */
export class TestShipper {
  private constructor(
    private readonly profiles: HermesProfiles,
    private readonly connection: PostgresConnection,
    private readonly shipper: Shipper,
  ) {}

  /** Begins to send a history. */
  static async start(settings: Settings, databaseUrl: string, origin = TEST_ORIGIN): Promise<TestShipper> {
    Logger.overrideLogger(false);
    const connection = new PostgresConnection({
      ...{ url: databaseUrl, replicaUrls: [], poolSize: 4, timeLimit: 30_000 },
    });
    const profiles = new HermesProfiles(settings, new SilentObserver());
    const shipper = new Shipper(
      profiles,
      connection,
      origin,
      { progress: () => undefined, loaded: () => undefined },
      0,
    );
    profiles.onApplicationBootstrap();
    await shipper.start();
    return new TestShipper(profiles, connection, shipper);
  }

  /** Waits until what is committed on either side has reached the other. */
  settled(): Promise<void> {
    return this.shipper.settled();
  }

  async stop(): Promise<void> {
    await this.shipper.stop();
    this.profiles.beforeApplicationShutdown();
    await this.profiles.onApplicationShutdown();
    await this.connection.close();
  }
}
