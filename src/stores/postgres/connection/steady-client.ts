import pg from 'pg';

/**
 * A connection that ends no process when it breaks. Where a pool hands one on, for a moment neither the pool nor who gets it listens, and the
 * database may end it at that very moment: with the message that says it is ready, when it is being stopped. Whatever is asked next fails.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
