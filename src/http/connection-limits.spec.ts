import type { Server } from 'node:http';
import { connect } from 'node:net';
import fastify from 'fastify';
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
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { readonly port: number };
    try {
      for (let times = 1; times <= 8; times++) {
        const caller = connect(port, '127.0.0.1');
        caller.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
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
});

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
