import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { Settings } from '../../src/config/settings.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { Shipper } from '../../src/ship/shipper.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { bySocket, createDatabase, createFilledDatabase } from './database.js';

/** The host name in tests. */
export const TEST_ORIGIN = 'test-host';

/** Up to this size in bytes, a shipped history is copied with its database; larger ones are shipped each time. */
const COPIED_BYTES = 2_000_000;

/**
 * A database that contains a history, or will contain it. If several tests start with the same history, it is shipped again for the second of them
 * into a template, which is copied from then on. The shipper that continues there compares everything with the file.
 * @returns its address.
 */
export async function createShippedDatabase(settings: Settings): Promise<string> {
  return bySocket(await shippedDatabase(settings));
}

async function shippedDatabase(settings: Settings): Promise<string> {
  const history = readFileSync(settings.STATE_DB);
  // With several profiles this is only one of the files, and changes in a WAL are not in the file.
  const isWhole = !settings.PROFILES && !existsSync(`${settings.STATE_DB}-wal`);
  if (!isWhole || history.length > COPIED_BYTES) return createDatabase();
  // The profile is named after its folder.
  const [profile = ''] = /profiles\/[^/]+$/.exec(dirname(settings.STATE_DB)) ?? [];
  const kind = createHash('sha256').update(profile).update(history).digest('hex').slice(0, 16);
  if (isFirst(kind)) return createDatabase();
  return createFilledDatabase(kind, async (url) => {
    const shipper = await TestShipper.start(settings, url);
    await shipper.settled();
    await shipper.stop();
  });
}

/** Whether this is the run's first request for a database of this kind. */
function isFirst(kind: string): boolean {
  const folder = process.env.TEST_SHIPPED;
  if (folder === undefined) throw new Error('Run this spec in the project postgres.');
  try {
    writeFileSync(join(folder, kind), '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** A shipper in this process that tests can wait for. */
export class TestShipper {
  private constructor(
    private readonly profiles: HermesProfiles,
    private readonly shipper: Shipper,
    private readonly ownConnection?: PostgresConnection,
  ) {}

  /** Starts shipping a history on separate connections. */
  static async start(settings: Settings, databaseUrl: string, origin = TEST_ORIGIN): Promise<TestShipper> {
    const location = { url: databaseUrl, replicaUrls: [], poolSize: 4, timeLimit: 30_000 };
    const connection = new PostgresConnection(location);
    const { profiles, shipper } = await TestShipper.over(settings, connection, origin);
    return new TestShipper(profiles, shipper, connection);
  }

  /** Starts shipping a history on connections that the caller owns, since opening new ones takes time. */
  static async over(
    settings: Settings,
    connection: PostgresConnection,
    origin = TEST_ORIGIN,
  ): Promise<TestShipper> {
    Logger.overrideLogger(false);
    const profiles = new HermesProfiles(settings, new SilentObserver());
    const shipper = new Shipper(
      profiles,
      connection,
      origin,
      { progress: () => undefined, loaded: () => undefined },
      { messagesPerSecond: settings.SHIP_RATE, readsOnly: settings.SHIP_READ_ONLY },
    );
    await profiles.onApplicationBootstrap();
    await shipper.start();
    return new TestShipper(profiles, shipper);
  }

  /** Waits until commits on either side have reached the other. */
  settled(): Promise<void> {
    return this.shipper.settled();
  }

  async stop(): Promise<void> {
    await this.shipper.stop();
    this.profiles.beforeApplicationShutdown();
    await this.profiles.onApplicationShutdown();
    await this.ownConnection?.close();
  }
}
