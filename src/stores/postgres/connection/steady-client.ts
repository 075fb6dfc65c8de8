import pg from 'pg';
import { toConnectionError } from './postgres-failure.js';

/** The driver's callback for an opened connection. */
type OnConnected = (error: Error) => void;

/**
 * A connection whose failure does not crash the process. When a pool hands one out, for a moment neither the pool nor the new user
 * listens for errors, and the database may end it just then, for example right after its ready message while it shuts down. The next
 * query then fails. Failures to connect are reported as a {@link DomainError}, also those without a driver code, such as most TLS
 * failures.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    try {
      // Reads the certificate files that the URL names.
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
