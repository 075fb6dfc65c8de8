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

/** What tests call a host. */
export const TEST_ORIGIN = 'test-host';

/** Histories of so many bytes are copied with the database that they were sent to; larger ones are sent each time. */
const COPIED_BYTES = 2_000_000;

/**
 * A database that has a history, or will have it. One that several tests begin with is sent once more for the second of them, and copied
 * with its database from then on; the shipper that goes on from there compares all of it with the file.
 * @returns its address.
 */
export async function createShippedDatabase(settings: Settings): Promise<string> {
  return bySocket(await shippedDatabase(settings));
}

async function shippedDatabase(settings: Settings): Promise<string> {
  const history = readFileSync(settings.STATE_DB);
  // Of several profiles this is one file, and what has not been written to it is not in it either.
  const isWhole = !settings.PROFILES && !existsSync(`${settings.STATE_DB}-wal`);
  if (!isWhole || history.length > COPIED_BYTES) return createDatabase();
  // The name of a profile is that of its folder.
  const [profile = ''] = /profiles\/[^/]+$/.exec(dirname(settings.STATE_DB)) ?? [];
  const kind = createHash('sha256').update(profile).update(history).digest('hex').slice(0, 16);
  if (isFirst(kind)) return createDatabase();
  return createFilledDatabase(kind, async (url) => {
    const shipper = await TestShipper.start(settings, url);
    await shipper.settled();
    await shipper.stop();
  });
}

/** Whether nobody in this run has asked for a database of a kind. */
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

/** A shipper in this process, which a test can wait for. */
export class TestShipper {
  private constructor(
    private readonly profiles: HermesProfiles,
    private readonly shipper: Shipper,
    private readonly ownConnection?: PostgresConnection,
  ) {}

  /** Begins to send a history on connections of its own. */
  static async start(settings: Settings, databaseUrl: string, origin = TEST_ORIGIN): Promise<TestShipper> {
    const location = { url: databaseUrl, replicaUrls: [], poolSize: 4, timeLimit: 30_000 };
    const connection = new PostgresConnection(location);
    const { profiles, shipper } = await TestShipper.over(settings, connection, origin);
    return new TestShipper(profiles, shipper, connection);
  }

  /** Begins to send a history on connections that others have opened, and close: it takes a while to open some. */
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

  /** Waits until what is committed on either side has reached the other. */
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
