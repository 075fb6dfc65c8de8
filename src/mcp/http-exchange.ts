import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { untilClosed } from '../http/until-closed.decorator.js';

/** Keeps each web request referenced until its answer ends: undici stops forwarding aborts to its signal once the request is garbage-collected. */
const ASKED = new WeakMap<ServerResponse, Request>();

/**
 * The request as a web `Request`, without the body, which has been read already. Its signal aborts when the answer is sent or its connection is
 * closed.
 */
export function toWebRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const each of [value ?? []].flat()) headers.append(name, each);
  }
  // The Host header may be invalid, and nothing here depends on it.
  const asked = new Request(new URL(request.url, 'http://localhost'), {
    method: request.method,
    headers,
    signal: untilClosed(reply),
  });
  ASKED.set(reply.raw, asked);
  return asked;
}

/** A web `Response` as a streamed answer of Nest. */
export async function toAnswer(response: Response, reply: FastifyReply): Promise<StreamableFile> {
  void reply.status(response.status);
  for (const [name, value] of response.headers) void reply.header(name, value);
  const type = response.headers.get('content-type') ?? 'text/plain';
  if (response.body === null) return new StreamableFile(Buffer.alloc(0), { type });
  // A complete answer need not be streamed.
  if (type.startsWith('application/json'))
    return new StreamableFile(Buffer.from(await response.arrayBuffer()), { type });
  return new StreamableFile(Readable.fromWeb(response.body as ReadableStream), { type });
}
