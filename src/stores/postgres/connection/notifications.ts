import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { SteadyClient } from './steady-client.js';

/** How long it is waited before a lost connection is made anew, in milliseconds. */
const REST = 500;

/** How long the database may take to let somebody in, or to answer, in milliseconds. */
const TIME_LIMIT = 5000;

/** How often it is asked whether it is still there, in milliseconds: a way there that swallows everything says nothing, as one on which nothing happens. */
const ASK_INTERVAL = 15_000;

/** Hears what is told on one channel of the database, on a connection of its own that is made anew whenever it breaks. */
export class Notifications {
  readonly #logger = new Logger(Notifications.name);
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /**
   * @param onNotification is called with what was told, and with undefined after everything before may have been missed.
   */
  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly onNotification: (text: string | undefined) => void,
  ) {}

  /** Begins to hear. Resolves once nothing is missed any more, or the first try has failed; then it is tried again. */
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
      // Files that its address names may be gone for a moment, as where a certificate is put in the place of another.
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
