import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import {
  BEYOND_ALL,
  parsePosition,
  ReadPosition,
  readingFrom,
  writePosition,
} from '../domain/read-position.js';

/** Tells a caller how far the store was, who hands it back so that another server knows as well. */
const POSITION_HEADER = 'read-position';

/** Callers whose positions are remembered, and how long, in milliseconds: a copy that is further behind than that is none. */
const REMEMBERED = { max: 10_000, ttl: 3_600_000 } as const;

/** How long nothing but the store itself is read where it could not be asked how far it was, in milliseconds. */
const UNKNOWN_FOR = 10_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** How far the store was when this request changed it last; absent where it did not. */
    changedAt?: bigint;
  }
}

/**
 * Has callers read what they have changed and what they were told, where copies of the store are read that follow it: by what this server
 * remembers of a key, and by what a caller hands back.
 */
export function rememberReadPositions(fastify: FastifyInstance): void {
  const known = new LRUCache<string, bigint>(REMEMBERED);
  const unknown = new LRUCache<string, true>({ ...REMEMBERED, ttl: UNKNOWN_FOR });
  // Behind the parsing of bodies, which leaves the context of whoever began it.
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
