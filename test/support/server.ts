import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { readSettings, type Environment, type Settings } from '../../src/config/settings.js';
import { createLogger } from '../../src/logging/logger.js';
import { createApp } from '../../src/server.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { atFileEnd } from './file-end.js';
import { createShippedDatabase, TEST_ORIGIN, TestShipper } from './shipped.js';
import { TEST_KEY } from './test-key.js';

/** Whether this run asks the store of PostgreSQL what the other runs ask that of Hermes. */
export function isPostgres(): boolean {
  return Reflect.get(globalThis, 'TEST_STORE') === 'postgres';
}

/** The host that answers name: none but where a store has several. */
export const ORIGIN: string | null = isPostgres() ? TEST_ORIGIN : null;

/** A folder that is removed when its test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-test-'));
  atFileEnd(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Where the servers of the test file that runs now keep their indexes. */
let indexFolder: string | undefined;

function currentIndexFolder(): string {
  if (indexFolder === undefined) {
    indexFolder = temporaryFolder();
    atFileEnd(() => {
      indexFolder = undefined;
    });
  }
  return indexFolder;
}

/** A copy of a file that a test may change. */
export function copyOf(path: string): string {
  const copy = join(temporaryFolder(), 'state.db');
  copyFileSync(path, copy);
  return copy;
}

/**
 * Applications that run, each with what lets go of it. What a test leaves running would go on asking a database that is gone; what it
 * closed is a megabyte and a half for the garbage collector to look through until its file has ended.
 */
const open = new Map<NestFastifyApplication, () => void>();

/** Settings of a server under test. */
export function testSettings(environment: Environment): Settings {
  return readSettings({
    API_SERVER_KEY: TEST_KEY,
    LOG_LEVEL: 'silent',
    INDEX_DIR: currentIndexFolder(),
    KEYS_FILE: join(currentIndexFolder(), 'keys.json'),
    // Hundreds of requests a second come from one address here; test/http/limits has the tests of the limits.
    RATE_LIMIT_KEY: '1000000',
    RATE_LIMIT_ADDRESS: '1000000',
    RATE_LIMIT_WRONG_KEYS: '1000000',
    // The tests run on the server's own event loop, and make and read answers of 50 MB on it.
    MAX_EVENT_LOOP_DELAY_MS: '0',
    // A machine that is busy with other things may take as long as it needs.
    SEARCH_TIMEOUT_MS: '60000',
    ...environment,
  });
}

/** The whole application on a real file, asked over real HTTP. */
export class TestServer {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly http: ReturnType<typeof supertest>,
    private readonly key: string = TEST_KEY,
    private readonly shipper?: TestShipper,
  ) {}

  /** The same server, asked with another key. */
  as(key: string): TestServer {
    return new TestServer(this.app, this.http, key, this.shipper);
  }

  static async start(stateDb: string, environment: Environment = {}): Promise<TestServer> {
    const settings = testSettings({ STATE_DB: stateDb, ...environment });
    return isPostgres() ? TestServer.#onPostgres(settings) : TestServer.#listening(settings);
  }

  /** A server on a file, whichever store the others of this run have. */
  static onFile(stateDb: string, environment: Environment = {}): Promise<TestServer> {
    return TestServer.#listening(testSettings({ STATE_DB: stateDb, ...environment }));
  }

  /** A server on a database that others fill. */
  static onDatabase(url: string, environment: Environment = {}): Promise<TestServer> {
    return TestServer.#listening(testSettings({ DATABASE_URL: url, ...environment }));
  }

  /** The same history by way of a database: a shipper sends it, and follows it. */
  static async #onPostgres(settings: Settings): Promise<TestServer> {
    const url = await createShippedDatabase(settings);
    const alone = await TestServer.#listening(Object.assign(settings, { DATABASE_URL: url }));
    const shipper = await TestShipper.over(settings, alone.app.get(PostgresConnection, { strict: false }));
    await shipper.settled();
    return TestServer.#kept(new TestServer(alone.app, alone.http, TEST_KEY, shipper));
  }

  static async #listening(settings: Settings): Promise<TestServer> {
    const app = await createApp(settings, createLogger(settings.LOG_LEVEL));
    await app.listen(0, '127.0.0.1');
    return TestServer.over(app);
  }

  /** An application that listens already. */
  static over(app: NestFastifyApplication): TestServer {
    return TestServer.#kept(new TestServer(app, supertest(app.getHttpServer())));
  }

  /** Has a server closed with its file of tests, unless it is before. */
  static #kept(server: TestServer): TestServer {
    open.get(server.app)?.();
    open.set(
      server.app,
      atFileEnd(() => server.close()),
    );
    return server;
  }

  get(path: string): supertest.Test {
    return this.send('get', path);
  }

  patch(path: string, body: unknown): supertest.Test {
    return this.send('patch', path, body);
  }

  post(path: string, body: unknown): supertest.Test {
    return this.send('post', path, body);
  }

  /** A request of any method; without a body where there is none to send. */
  send(method: string, path: string, body?: unknown): supertest.Test {
    const request = this.#request(method, path).set('Authorization', `Bearer ${this.key}`);
    if (body === undefined) return request;
    return request.set('Content-Type', 'application/json').send(JSON.stringify(body));
  }

  #request(method: string, path: string): supertest.Test {
    switch (method) {
      case 'get':
      case 'post':
      case 'patch':
      case 'delete':
        return this.http[method](path);
      default:
        throw new Error(`${method} is no method of this API.`);
    }
  }

  delete(path: string): supertest.Test {
    return this.send('delete', path);
  }

  /**
   * Waits until what is committed on either side has reached the other, where there are two: a file that is written beside the
   * server shows in its answers, and a change by the server in the file.
   */
  async settled(): Promise<void> {
    await this.shipper?.settled();
  }

  /** The body of a GET that must succeed. */
  async json<T>(path: string): Promise<T> {
    const response = await this.get(path);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${response.text}`);
    return response.body as T;
  }

  async close(): Promise<void> {
    const letGo = open.get(this.app);
    if (letGo === undefined) return;
    letGo();
    open.delete(this.app);
    await this.shipper?.stop();
    await this.app.close();
  }
}
