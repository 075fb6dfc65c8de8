import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { until } from '../../test/support/wait.js';
import { ConnectionLimits } from './connection-limits.js';

describe('limits of connections', () => {
  it('count nothing of who hung up while its key was looked up', async () => {
    const app = fastify({ forceCloseConnections: true });
    const limits = new ConnectionLimits(8);
    const lookups: (() => void)[] = [];
    let isSlow = true;
    limits.install(app);
    app.addHook('preParsing', async (request, reply) => {
      if (isSlow) await new Promise<void>((found) => lookups.push(found));
      request.principal = { name: 'ana' } as never;
      limits.countKey(request, reply);
    });
    app.get('/', () => 'answered');
    const port = await listen(app);
    try {
      for (let times = 1; times <= 8; times++) {
        const caller = send(port, 'GET / HTTP/1.1\r\nHost: here\r\n\r\n');
        await until(() => lookups.length === times);
        caller.destroy();
        await until(async () => (await connectionsOf(app.server)) === 0);
      }
      for (const found of lookups) found();
      isSlow = false;
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    } finally {
      await app.close();
    }
  });

  it('count nothing of requests that were sent ahead on a connection that was closed', async () => {
    const app = fastify({ forceCloseConnections: true });
    new ConnectionLimits(8).install(app);
    let waiting = 0;
    app.get('/waits', () => {
      waiting++;
      return new Promise(() => undefined);
    });
    app.get('/', () => 'answered');
    const port = await listen(app);
    try {
      for (const times of [1, 2]) {
        const caller = send(port, 'GET /waits HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(4));
        await until(() => waiting === 4 * times);
        expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(429);
        caller.destroy();
        await until(async () => (await connectionsOf(app.server)) <= 1);
        expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      }
    } finally {
      await app.close();
    }
  });

  it('count an IPv6 address by what one caller has of it', async () => {
    const app = fastify();
    new ConnectionLimits(4).install(app);
    app.get('/waits', () => new Promise(() => undefined));
    app.get('/', () => 'answered');
    const ask = (url: string, remoteAddress: string): Promise<{ readonly statusCode: number }> =>
      app.inject({ url, remoteAddress });
    for (const address of ['2001:db8::1', '2001:db8::2']) void ask('/waits', address);
    await until(async () => (await ask('/', '2001:db8::3')).statusCode === 429);
    expect((await ask('/', '2001:db8:0:1::1')).statusCode).toBe(200);
    await app.close();
  });

  it('close no connection on which a request waits that was sent ahead', async () => {
    const app = fastify({ forceCloseConnections: true });
    new ConnectionLimits(8).install(app);
    let answer: (() => void) | undefined;
    app.get('/waits', () => new Promise((resolve) => (answer = resolve.bind(undefined, 'at last'))));
    app.get('/', () => 'answered');
    const port = await listen(app);
    const callers: Socket[] = [];
    try {
      const first = send(
        port,
        'GET / HTTP/1.1\r\nHost: here\r\n\r\nGET /waits HTTP/1.1\r\nHost: here\r\n\r\n',
      );
      callers.push(first);
      let text = '';
      first.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await until(() => answer !== undefined && text.includes('answered'));
      // More than the number that may stay open without a request.
      for (let times = 0; times < 48; times++) callers.push(send(port, ''));
      await until(() => callers.some((caller) => caller.closed));
      answer?.();
      await until(() => text.includes('at last'));
    } finally {
      for (const caller of callers) caller.destroy();
      await app.close();
    }
  });
});

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as { readonly port: number }).port;
}

function send(port: number, text: string): Socket {
  const caller = connect(port, '127.0.0.1');
  caller.on('error', () => undefined);
  caller.write(text);
  return caller;
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
