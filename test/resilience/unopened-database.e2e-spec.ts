import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { describeWith } from '../support/needs.js';
import { keyFileWith } from '../support/people.js';
import { runCli } from '../support/process.js';
import { selfSigned } from '../support/self-signed.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { smallHistory } from '../support/histories.js';
import { first } from '../support/wait.js';

/** What there is instead of a database with TLS (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL). */
class Impostor {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param meet what it does once it is asked for TLS. */
  constructor(meet: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => {
        meet(socket);
      });
    });
  }

  /** @returns its address. */
  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening));
    const { port } = this.#server.address() as AddressInfo;
    return `postgres://hermes:secret@127.0.0.1:${port}/hermes?sslmode=verify-full`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

const NOT_TRUSTED = 'The TLS certificate of the database is not trusted.';
const UNREACHABLE = 'The database cannot be reached at the moment.';
const NO_TLS = 'No TLS connection to the database can be opened.';

describeWith(['openssl'], 'a database to which no connection can be opened', () => {
  const answer = (letter: string) => (socket: Socket) => void socket.write(letter);
  let identity: ReturnType<typeof selfSigned>;
  const pretend = (socket: Socket): void => {
    socket.write('S');
    new TLSSocket(socket, { isServer: true, ...identity }).on('error', () => undefined);
  };

  const impostors: Impostor[] = [];
  const listening = (meet: (socket: Socket) => void): Promise<string> => {
    const impostor = new Impostor(meet);
    impostors.push(impostor);
    return impostor.listen();
  };

  beforeAll(() => {
    identity = selfSigned();
  });

  afterAll(() => {
    for (const impostor of impostors) impostor.close();
  });

  describe.each<readonly [why: string, meet: (socket: Socket) => void, sentence: string, limit: string]>([
    ['has a certificate that is not trusted', pretend, NOT_TRUSTED, '60000'],
    ['has no TLS', answer('N'), NO_TLS, '60000'],
    ['cannot begin another process', answer('E'), NO_TLS, '60000'],
    ['says nothing', () => undefined, UNREACHABLE, '1000'],
  ])('since it %s', (_why, meet, sentence, limit) => {
    it('is not ready, and says so to probes and callers', async () => {
      const url = await listening(meet);
      const keys = keyFileWith({ scopes: ['metrics'] });
      const server = await TestServer.onDatabase(url, { KEYS_FILE: keys.path, DATABASE_TIMEOUT_MS: limit });
      expect(await server.get('/readyz')).toMatchObject({
        status: 503,
        body: { status: 'not_ready', reason: sentence },
      });
      const { status, text } = await server.as(keys.token).get('/metrics').buffer(true);
      expect([status, /^hermes_sessions_ready (\d)$/m.exec(text)?.[1]]).toEqual([200, '0']);
      const refused = await server.get('/v1/sessions');
      expect(refused).toMatchObject({
        status: 503,
        body: { error: { code: 'store_unavailable', message: sentence } },
      });
      expect(refused.headers['retry-after']).toBe('5');
      await server.close();
    });
  });

  it('is one sentence to each command', async () => {
    const environment = {
      DATABASE_URL: await listening(pretend),
      LOG_LEVEL: 'silent',
      STATE_DB: smallHistory(25),
      KEYS_FILE: join(temporaryFolder(), 'keys.json'),
    };
    const commands = [['migrate'], ['ship', '--once'], ['hosts', 'list'], ['keys', 'list'], ['export']];
    // One by one: each has five seconds for its connection, which several of them at a time may need on a busy machine. There `ship`, which
    // leaves the processor to others, may need longer even alone.
    for (const command of commands) {
      const ended = await first(async () => {
        const outcome = await runCli(command, environment);
        return outcome.stderr === `${UNREACHABLE}\n` ? undefined : outcome;
      }, 'a handshake');
      expect([command, ended]).toMatchObject([command, { code: 1, stderr: `${NOT_TRUSTED}\n` }]);
    }
    const { code, stdout, stderr } = await runCli(['doctor'], environment);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain(`ERROR    ${NOT_TRUSTED}`);
  });
});
