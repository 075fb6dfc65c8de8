import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import {
  BEYOND_ALL,
  parsePosition,
  ReadPosition,
  readingFrom,
  writePosition,
} from '../domain/read-position.js';

/** Header that tells a caller the store's position. The caller sends it back, so that another server knows it too. */
const POSITION_HEADER = 'read-position';

/** How many callers are remembered, and for how long, in milliseconds. A replica that lags longer than this is never read. */
const REMEMBERED = { max: 10_000, ttl: 3_600_000 } as const;

/** If the store could not tell its position, only the primary is read for this time, in milliseconds. */
const UNKNOWN_FOR = 10_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** The store's position at this request's latest change; absent if it changed nothing. */
    changedAt?: bigint;
  }
}

/**
 * Lets callers read their own writes and the changes that they were told of, although replicas of the store may lag behind. The position comes from
 * what this server remembers of the key, and from what the caller sends back.
 */
export function rememberReadPositions(fastify: FastifyInstance): void {
  const known = new LRUCache<string, bigint>(REMEMBERED);
  const unknown = new LRUCache<string, true>({ ...REMEMBERED, ttl: UNKNOWN_FOR });
  // After body parsing, which leaves the async context of the code that started it.
  fastify.addHook('preValidation', (request: FastifyRequest, _reply, done) => {
    const caller = request.principal?.name ?? '';
    const handed = parsePosition(request.headers[POSITION_HEADER]) ?? 0n;
    const before = unknown.has(caller) ? BEYOND_ALL : (known.get(caller) ?? 0n);
    const position = new ReadPosition(handed > before ? handed : before, (reached) => {
      if (reached === BEYOND_ALL) {
        unknown.set(caller, true);
        return;
      }
      request.changedAt = reached;
      if (reached > (known.get(caller) ?? 0n)) known.set(caller, reached);
    });
    readingFrom(position, done);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (request.changedAt !== undefined) void reply.header(POSITION_HEADER, writePosition(request.changedAt));
    done();
  });
}
