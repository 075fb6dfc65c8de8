import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { untilClosed } from '../http/until-closed.decorator.js';

/** Requests for as long as their answers: what their signals were made of reaches them no more once nobody holds the requests themselves (undici). */
const ASKED = new WeakMap<ServerResponse, Request>();

/**
 * A request in the form of the web, without its body, which has been read. Its signal is given when nobody waits for the answer any more, or has
 * it.
 */
export function toWebRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const each of [value ?? []].flat()) headers.append(name, each);
  }
  // A client names any host, also what is none; nothing here follows from it.
  const asked = new Request(new URL(request.url, 'http://localhost'), {
    method: request.method,
    headers,
    signal: untilClosed(reply),
  });
  ASKED.set(reply.raw, asked);
  return asked;
}

/** An answer in the form of the web, as Nest sends it: as it comes. */
export async function toAnswer(response: Response, reply: FastifyReply): Promise<StreamableFile> {
  void reply.status(response.status);
  for (const [name, value] of response.headers) void reply.header(name, value);
  const type = response.headers.get('content-type') ?? 'text/plain';
  if (response.body === null) return new StreamableFile(Buffer.alloc(0), { type });
  // What is whole already need not be taken in pieces.
  if (type.startsWith('application/json'))
    return new StreamableFile(Buffer.from(await response.arrayBuffer()), { type });
  return new StreamableFile(Readable.fromWeb(response.body as ReadableStream), { type });
}
