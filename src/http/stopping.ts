import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How often connections on which nothing runs are looked for while the server stops, in milliseconds. */
const LOOK_INTERVAL = 200;

/**
 * Once the server stops, nothing but a running request holds it: every answer closes its connection, those whose headers had been sent
 * before once they have ended, and connections that a client opened ahead and has sent nothing on are closed, which Node leaves open
 * until their time for a request is over.
 */
export function closeConnectionsWhenStopping(fastify: FastifyInstance): void {
  const unused = new Set<Socket>();
  let isStopping = false;
  fastify.server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => unused.delete(socket));
  fastify.addHook('preClose', (done) => {
    isStopping = true;
    const timer = setInterval(() => {
      for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
      fastify.server.closeIdleConnections();
    }, LOOK_INTERVAL);
    fastify.server.once('close', () => {
      clearInterval(timer);
    });
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) void reply.header('connection', 'close');
    done();
  });
}
