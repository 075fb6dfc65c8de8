import { DomainError } from '../domain/errors.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { HermesProfiles } from '../stores/hermes/profiles/hermes-profiles.js';
import { COMMAND_CHANNEL } from '../stores/postgres/commands/command-queue.js';
import { Notifications } from '../stores/postgres/connection/notifications.js';
import type { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { HistoryShipper, type ShippingWay } from './history-shipper.js';
import { Pace } from './pace.js';
import type { ShippingObserver } from './shipping-observer.js';

/** How often profiles are discovered, in milliseconds. */
const DISCOVERY_INTERVAL = 1000;

/** Sends all profiles of a host to a database and follows them. If a profile disappears, its data stays in the database. */
export class Shipper {
  readonly #shippers = new Map<HermesProfile, HistoryShipper>();
  readonly #way: ShippingWay;
  #notifications: Notifications | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param origin the host's name in the database.
   * @param way.messagesPerSecond limit; 0 for none.
   * @param way.readsOnly whether the files are only read; then changes made in the database are refused.
   */
  constructor(
    private readonly profiles: HermesProfiles,
    private readonly connection: PostgresConnection,
    private readonly origin: string,
    private readonly observer: ShippingObserver,
    way: { readonly messagesPerSecond: number; readonly readsOnly: boolean },
  ) {
    this.#way = { pace: new Pace(way.messagesPerSecond), readsOnly: way.readsOnly };
  }

  /** Starts to send, until {@link stop}. */
  async start(): Promise<void> {
    this.#notifications = new Notifications(this.connection.location.url, COMMAND_CHANNEL, (id) => {
      for (const shipper of this.#shippers.values()) {
        if (id === undefined) shipper.reconnected();
        else if (id === String(shipper.historyId)) shipper.wakeForCommands();
      }
    });
    await this.#notifications.start();
    this.#discover(true);
    this.#timer = setInterval(() => {
      this.#discover(true);
    }, DISCOVERY_INTERVAL);
  }

  /**
   * Sends everything there is now, executes the pending changes, and ends. A failing history does not keep the others from being sent.
   * @throws {DomainError} the first failure: a file or the database cannot be reached
   */
  async sendAll(): Promise<void> {
    this.#discover(false);
    const failures: unknown[] = [];
    for (const shipper of this.#shippers.values()) {
      try {
        await shipper.sendAll();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Waits until everything that is committed now on either side has reached the other. */
  async settled(): Promise<void> {
    this.#discover(true);
    const settling = [...this.#shippers.values()].map(async (shipper) => {
      try {
        await shipper.settled();
      } catch (error) {
        // An unreadable file has nothing to send.
        if (!(error instanceof DomainError)) throw error;
      }
    });
    await Promise.all(settling);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#notifications?.stop();
    await Promise.all([...this.#shippers.values()].map((shipper) => shipper.stop()));
  }

  #discover(starts: boolean): void {
    const { all, main } = this.profiles;
    for (const profile of all) {
      if (this.#shippers.has(profile)) continue;
      const { origin, connection, observer } = this;
      const shipper = new HistoryShipper(profile, origin, profile === main, connection, this.#way, observer);
      this.#shippers.set(profile, shipper);
      if (starts) shipper.start();
    }
    const served = new Set(all);
    for (const [profile, shipper] of this.#shippers) {
      if (served.has(profile)) continue;
      this.#shippers.delete(profile);
      void shipper.stop();
    }
  }
}
