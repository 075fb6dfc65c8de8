import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasEnded, isAnswering, onAnswerEnd } from './answer-end.js';
import './body-limit.decorator.js';
import { callerAddress } from './caller-address.js';
import { ApiError } from './errors.js';
import './probe.decorator.js';

/** Connections without a request that stay open regardless of the total: their requests may be on their way. */
const ARRIVING = 32;

/** Fraction of all connections that requests from one address, or with one key, may use at a time. */
const PART_OF_ONE = 1 / 2;

/** Concurrent requests per key on routes with a raised body limit: each such body is buffered and parsed as a whole. */
const LARGE_BODIES = 2;

/** Seconds after which one of a caller's requests may have ended. */
const RETRY_AFTER = 5;

/** The counter key for all requests together. */
const ANYBODY = 'anybody';

/**
 * Keeps clients from exhausting the server's connections. Idle connections are closed to make room for new ones, and no single caller can occupy all
 * of them with long requests such as event streams. Probes are exempt.
 */
export class ConnectionLimits {
  readonly #open = new Set<Socket>();
  /** Connections without a request under way, longest idle first. */
  readonly #idle = new Set<Socket>();
  /** Requests under way, per counter key. */
  readonly #underWay = new Map<string, number>();
  /** The counter keys that a response occupies. */
  readonly #counted = new WeakMap<ServerResponse, readonly string[]>();

  /** @param max maximum number of concurrent connections. */
  constructor(private readonly max: number) {}

  install(fastify: FastifyInstance): void {
    fastify.server.on('connection', (socket) => {
      this.#open.add(socket);
      this.#idle.add(socket);
      socket.once('close', () => {
        this.#forget(socket);
      });
      this.#makeRoom();
    });
    fastify.server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket);
      onAnswerEnd(response, () => {
        for (const whose of this.#counted.get(response) ?? []) this.#count(whose, -1);
        if (!socket.destroyed && !isAnswering(socket)) this.#idle.add(socket);
      });
    });
    fastify.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.probe !== true) this.#admit(request, reply);
      done();
    });
  }

  /**
   * Counts a request against its principal, which must be set, until it is answered.
   * @throws {ApiError} `rate_limited`; `overloaded` if the route takes large bodies and the principal already has the most such requests under way
   */
  countKey(request: FastifyRequest, reply: FastifyReply): void {
    const key = request.principal?.name ?? '';
    this.#countOne(`key ${key}`, 'with this key', reply);
    if (request.routeOptions.config.largestBody === undefined) return;
    const large = `large body ${key}`;
    if (this.#of(large) >= LARGE_BODIES) throw new ApiError('overloaded');
    this.#hold(large, reply);
  }

  #admit(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#of(ANYBODY) >= this.max) {
      void reply.header('connection', 'close');
      throw new ApiError('overloaded');
    }
    this.#countOne(`address ${callerAddress(request.ip)}`, 'from this address', reply);
    this.#hold(ANYBODY, reply);
  }

  #countOne(whose: string, name: string, reply: FastifyReply): void {
    if (this.#of(whose) >= Math.max(1, Math.floor(this.max * PART_OF_ONE)))
      throw new ApiError('rate_limited', {
        message: `Too many requests ${name} are under way at a time. End some of them first.`,
        retryAfter: RETRY_AFTER,
      });
    this.#hold(whose, reply);
  }

  #hold(whose: string, { raw }: FastifyReply): void {
    // The client hung up during the key lookup. Its request is over, and nothing would ever decrement the counter.
    if (hasEnded(raw)) return;
    this.#count(whose, 1);
    this.#counted.set(raw, [...(this.#counted.get(raw) ?? []), whose]);
  }

  #of(whose: string): number {
    return this.#underWay.get(whose) ?? 0;
  }

  #count(whose: string, change: 1 | -1): void {
    const count = this.#of(whose) + change;
    if (count === 0) this.#underWay.delete(whose);
    else this.#underWay.set(whose, count);
  }

  #makeRoom(): void {
    for (const socket of this.#idle) {
      if (this.#open.size <= this.max || this.#idle.size <= ARRIVING) return;
      this.#forget(socket);
      socket.destroy();
    }
  }

  /** Node reports a closed connection some time after destroying it. If it still counted until then, others would be closed for the same room. */
  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
  }
}
