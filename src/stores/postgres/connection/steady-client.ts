import pg from 'pg';
import { toConnectionError } from './postgres-failure.js';

/** What the driver tells of a connection that it opens. */
type OnConnected = (error: Error) => void;

/**
 * A connection that ends no process when it breaks. Where a pool hands one on, for a moment neither the pool nor who gets it listens, and the
 * database may end it at that very moment: with the message that says it is ready, when it is being stopped. Whatever is asked next fails.
 * Why one cannot be opened is told as a {@link DomainError}, also where the driver has no code for it, as for most of what TLS fails with.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    try {
      // It reads the files of the certificates that its address names.
      super(config);
    } catch (error) {
      throw toConnectionError(error);
    }
    this.on('error', () => undefined);
  }

  override connect(): Promise<this>;
  override connect(whenConnected: OnConnected): void;
  override connect(whenConnected?: OnConnected): Promise<this> | undefined {
    if (whenConnected === undefined)
      return super.connect().then(
        () => this,
        (error: unknown) => {
          throw toConnectionError(error);
        },
      );
    super.connect((error: Error | null | undefined) => {
      whenConnected((error == null ? error : toConnectionError(error)) as Error);
    });
    return undefined;
  }
}
