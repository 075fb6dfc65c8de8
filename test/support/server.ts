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

/** Whether this run tests the PostgreSQL store instead of Hermes's own. */
export function isPostgres(): boolean {
  return Reflect.get(globalThis, 'TEST_STORE') === 'postgres';
}

/** The host name in answers: null except for the store of several hosts. */
export const ORIGIN: string | null = isPostgres() ? TEST_ORIGIN : null;

/** A folder that is removed at the end of the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-test-'));
  atFileEnd(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The folder of the indexes of the current test file's servers. */
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

/** A copy of a file for a test to change. */
export function copyOf(path: string): string {
  const copy = join(temporaryFolder(), 'state.db');
  copyFileSync(path, copy);
  return copy;
}

/**
 * The running applications, each with a function that unregisters its clean-up. An application left running would keep querying a dropped database. A
 * closed one would keep 1.5 MB referenced until the end of its test file.
 */
const open = new Map<NestFastifyApplication, () => void>();

/** Settings for a server under test. */
export function testSettings(environment: Environment): Settings {
  return readSettings({
    API_SERVER_KEY: TEST_KEY,
    LOG_LEVEL: 'silent',
    INDEX_DIR: currentIndexFolder(),
    KEYS_FILE: join(currentIndexFolder(), 'keys.json'),
    // Tests send hundreds of requests per second from one address; test/http/limits tests the limits.
    RATE_LIMIT_KEY: '1000000',
    RATE_LIMIT_ADDRESS: '1000000',
    RATE_LIMIT_WRONG_KEYS: '1000000',
    // The tests share the server's event loop, and create and read answers of 50 MB on it.
    MAX_EVENT_LOOP_DELAY_MS: '0',
    // A busy machine may take as long as it needs.
    SEARCH_TIMEOUT_MS: '60000',
    DATABASE_TIMEOUT_MS: '60000',
    ...environment,
  });
}

/** The whole application on a real file, accessed over real HTTP. */
export class TestServer {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly http: ReturnType<typeof supertest>,
    private readonly key: string = TEST_KEY,
    private readonly shipper?: TestShipper,
  ) {}

  /** The same server, accessed with another key. */
  as(key: string): TestServer {
    return new TestServer(this.app, this.http, key, this.shipper);
  }

  static async start(stateDb: string, environment: Environment = {}): Promise<TestServer> {
    const settings = testSettings({ STATE_DB: stateDb, ...environment });
    return isPostgres() ? TestServer.#onPostgres(settings) : TestServer.#listening(settings);
  }

  /** A server on a file, regardless of the store under test. */
  static onFile(stateDb: string, environment: Environment = {}): Promise<TestServer> {
    return TestServer.#listening(testSettings({ STATE_DB: stateDb, ...environment }));
  }

  /** A server on a database that is filled by others. */
  static onDatabase(url: string, environment: Environment = {}): Promise<TestServer> {
    return TestServer.#listening(testSettings({ DATABASE_URL: url, ...environment }));
  }

  /** The same history through a database: a shipper sends and follows it. */
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

  /** Wraps an application that is already listening. */
  static over(app: NestFastifyApplication): TestServer {
    return TestServer.#kept(new TestServer(app, supertest(app.getHttpServer())));
  }

  /** Closes a server at the end of its test file, unless it is closed before. */
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

  /** A request of any method, optionally with a body. */
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
   * Waits until commits on either side have reached the other, if there are two: changes of the file appear in answers, and changes by the server in
   * the file.
   */
  async settled(): Promise<void> {
    await this.shipper?.settled();
  }

  /** The body of a GET request that must succeed. */
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
