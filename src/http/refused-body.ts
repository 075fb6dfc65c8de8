import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { noteAnswer } from './client-error.js';

/** Bytes of a refused body that are discarded before its connection is closed: more than twice the largest allowed body. */
const MOST = 64 * 1024 * 1024;

/** Bytes of a body that Node drains by itself after a refusal, keeping the connection open. */
const SHORT = 64 * 1024;

/**
 * Lets a client that is still sending a body read the refusal. Closing a connection while data arrives resets it. Clients that read no answer before
 * they have sent everything then lose it: Python's, and now and then Node's, report a broken pipe. So the answer is sent at once but ends only after
 * the rest of the body has arrived, within the request timeout. Requests without a valid key are not waited for.
 */
export function readOnRefusing(fastify: FastifyInstance): void {
  fastify.addHook('onSend', ({ raw, principal }, reply, payload, done) => {
    const isShort = Number(raw.headers['content-length']) <= SHORT;
    if (
      isShort ||
      raw.complete ||
      raw.destroyed ||
      reply.statusCode < 400 ||
      principal === undefined ||
      typeof payload !== 'string'
    ) {
      done();
      return;
    }
    void reply.header('content-length', Buffer.byteLength(payload)).header('connection', 'close');
    noteAnswer(raw.socket, reply.statusCode);
    done(null, Readable.from(beforeTheRest(payload, raw)));
  });
}

async function* beforeTheRest(answer: string, body: IncomingMessage): AsyncGenerator<string> {
  yield answer;
  await new Promise<void>((done) => {
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST) done();
    });
    finished(body, () => {
      done();
    });
    body.unpipe().resume();
  });
}
