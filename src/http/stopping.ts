import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How often idle connections are closed while the server stops, in milliseconds. */
const LOOK_INTERVAL = 200;

/**
 * Once the server stops, only running requests keep it alive. Every answer closes its connection; if its headers were already sent, the connection is
 * closed after the answer. Connections on which a client has sent nothing yet are closed too: Node would keep them until their request timeout.
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
