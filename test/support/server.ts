import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { readSettings, type Environment } from '../../src/config/settings.js';
import { createLogger } from '../../src/logging/logger.js';
import { createApp } from '../../src/server.js';
import { TEST_KEY } from './test-key.js';

/** A folder that is removed when its test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A copy of a file that a test may change. */
export function copyOf(path: string): string {
  const copy = join(temporaryFolder(), 'state.db');
  copyFileSync(path, copy);
  return copy;
}

/** The whole application on a real file, asked over real HTTP. */
export class TestServer {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly http: ReturnType<typeof supertest>,
    private readonly key: string = TEST_KEY,
  ) {}

  /** The same server, asked with another key. */
  as(key: string): TestServer {
    return new TestServer(this.app, this.http, key);
  }

  static async start(stateDb: string, environment: Environment = {}): Promise<TestServer> {
    const settings = readSettings({
      STATE_DB: stateDb,
      API_SERVER_KEY: TEST_KEY,
      LOG_LEVEL: 'silent',
      // Hundreds of requests a second come from one address here; test/http/limits has the tests of the limits.
      RATE_LIMIT_KEY: '1000000',
      RATE_LIMIT_ADDRESS: '1000000',
      RATE_LIMIT_WRONG_KEYS: '1000000',
      // The tests run on the server's own event loop, and make and read answers of 50 MB on it.
      MAX_EVENT_LOOP_DELAY_MS: '0',
      ...environment,
    });
    const app = await createApp(settings, createLogger(settings.LOG_LEVEL));
    await app.listen(0, '127.0.0.1');
    return TestServer.over(app);
  }

  /** An application that listens already. */
  static over(app: NestFastifyApplication): TestServer {
    return new TestServer(app, supertest(app.getHttpServer()));
  }

  get(path: string): supertest.Test {
    return this.http.get(path).set('Authorization', `Bearer ${this.key}`);
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
    return this.http.delete(path).set('Authorization', `Bearer ${this.key}`);
  }

  /** The body of a GET that must succeed. */
  async json<T>(path: string): Promise<T> {
    const response = await this.get(path);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${response.text}`);
    return response.body as T;
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}
