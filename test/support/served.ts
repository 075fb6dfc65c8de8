import { CliProcess, type Launch } from './process.js';
import { TEST_KEY } from './test-key.js';

/** The built server as a process, listening on a free port. */
export class ServedHistory {
  private constructor(
    readonly process: CliProcess,
    readonly url: string,
  ) {}

  /** Starts serving a file, and waits until the server listens. */
  static async start(
    stateDb: string,
    environment: Readonly<Record<string, string>> = {},
    launch: Launch = {},
  ): Promise<ServedHistory> {
    const child = new CliProcess(
      ['serve'],
      {
        STATE_DB: stateDb,
        API_SERVER_KEY: TEST_KEY,
        PORT: '0',
        RATE_LIMIT_ADDRESS: '1000000',
        RATE_LIMIT_KEY: '1000000',
        ...environment,
      },
      launch,
    );
    const [, url = ''] = await child.printed(/"url":"(http:[^"]+)"/);
    return new ServedHistory(child, url);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  get(path: string): Promise<Response> {
    return this.request('GET', path);
  }

  /** Stops it like an operator, and waits for its end. */
  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await this.process.ended;
  }
}
