import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';

/** A TCP proxy before a database that simulates network failures and failovers: it can refuse connections, swallow traffic, and switch its target. */
export class Gateway {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isSilent = false;
  #lastWords: string | undefined;

  private constructor(
    private target: URL,
    readonly port: number,
  ) {}

  /** Starts forwarding to a database. */
  static async open(url: string): Promise<Gateway> {
    const gateway = new Gateway(new URL(url), await freePort());
    await gateway.accept();
    return gateway;
  }

  /** The URL of the same database through this gateway. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Breaks all connections and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }

  /** Accepts connections (again). */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((client) => {
      const database = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [client, database]) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
        socket.on('error', () => {
          client.destroy();
          database.destroy();
        });
      }
      client.on('data', (data: Buffer) => {
        if (this.#lastWords !== undefined && data.includes(this.#lastWords)) {
          this.#lastWords = undefined;
          swallowAll([client, database]);
        } else if (!this.#isSilent) database.write(data);
      });
      database.on('data', (data) => {
        if (!this.#isSilent) client.write(data);
      });
      client.on('end', () => database.end());
      database.on('end', () => client.end());
    });
    await new Promise<void>((resolve) => {
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  /** Starts or stops swallowing all traffic. */
  fallSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    if (!isSilent) for (const socket of this.#sockets) socket.destroy();
  }

  /** Swallows all further traffic of the current connections. New connections work. */
  forget(): void {
    swallowAll(this.#sockets);
  }

  /** Does the same for the next connection that sends this text, from there on. */
  forgetFrom(text: string): void {
    this.#lastWords = text;
  }

  /** Switches to another database, like an address after a failover. */
  leadTo(url: string): void {
    this.target = new URL(url);
    for (const socket of this.#sockets) socket.destroy();
  }
}

function swallowAll(sockets: Iterable<Socket>): void {
  for (const socket of sockets) {
    socket.removeAllListeners('data');
    socket.on('data', () => undefined);
  }
}
