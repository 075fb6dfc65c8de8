import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { SteadyClient } from './steady-client.js';

/** How long after a connection is lost a new one is opened, in milliseconds. */
const REST = 500;

/** How long connecting and each query may take, in milliseconds. */
const TIME_LIMIT = 5000;

/** How often the connection is checked, in milliseconds: a dead network path looks like an idle one. */
const ASK_INTERVAL = 15_000;

/** Listens to one channel of the database, on its own connection, which is reopened whenever it breaks. */
export class Notifications {
  readonly #logger = new Logger(Notifications.name);
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param onNotification is called with each payload, and with undefined whenever earlier notifications may have been missed. */
  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly onNotification: (text: string | undefined) => void,
  ) {}

  /** Starts to listen. Resolves once it listens, or once the first attempt has failed; then it retries. */
  async start(): Promise<void> {
    if (this.#isStopped) return;
    let client: pg.Client;
    try {
      client = new SteadyClient({
        connectionString: this.url,
        application_name: 'hermes-sessions events',
        keepAlive: true,
        connectionTimeoutMillis: TIME_LIMIT,
        query_timeout: TIME_LIMIT,
      });
    } catch (error) {
      // Files that the URL names may be missing for a moment, for example while a certificate is replaced.
      this.#restart(undefined, error);
      return;
    }
    this.#client = client;
    client.on('error', (error) => {
      this.#restart(client, error);
    });
    client.on('end', () => {
      this.#restart(client, 'it was closed');
    });
    client.on('notification', ({ payload }) => {
      this.onNotification(payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(this.channel)}`);
      this.onNotification(undefined);
      this.#askAgain(client);
    } catch (error) {
      this.#restart(client, error);
    }
  }

  #askAgain(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#timer = setTimeout(() => {
      client.query('SELECT').then(
        () => {
          this.#askAgain(client);
        },
        (error: unknown) => {
          this.#restart(client, error);
        },
      );
    }, ASK_INTERVAL);
    this.#timer.unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => undefined);
  }

  #restart(client: pg.Client | undefined, reason: unknown): void {
    if (this.#client !== client || this.#isStopped) return;
    this.#client = undefined;
    clearTimeout(this.#timer);
    this.#logger.debug(`The database tells nothing at the moment: ${String(reason)}`);
    client?.end().catch(() => undefined);
    this.#timer = setTimeout(() => {
      void this.start();
    }, REST);
    this.#timer.unref();
  }
}
