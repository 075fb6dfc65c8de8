import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { noteAnswer } from './client-error.js';

/** Bytes of a refused body that are thrown away before its connection is closed: more than twice as much as any body may have. */
const MOST = 64 * 1024 * 1024;

/** Bytes of a body that Node reads by itself behind a refusal, and keeps the connection. */
const SHORT = 64 * 1024;

/**
 * Has whoever is still sending a body read why it is refused. A connection that is closed while something comes is reset, which takes the
 * answer away from clients that read none before they have sent everything: Python's and, now and then, Node's say that the pipe is broken.
 * So the answer is sent and ends once the rest has come, within the time that a request may take. Those without a key are not waited for.
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
