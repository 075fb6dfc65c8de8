import type { FastifyInstance } from 'fastify';

/** Once the server stops, every answer closes its connection: a kept one would hold the process until its end. */
export function closeConnectionsWhenStopping(fastify: FastifyInstance): void {
  let isStopping = false;
  fastify.addHook('preClose', (done) => {
    isStopping = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) void reply.header('connection', 'close');
    done();
  });
}
