import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasEnded, isAnswering, onAnswerEnd } from './answer-end.js';
import './body-limit.decorator.js';
import { callerAddress } from './caller-address.js';
import { ApiError } from './errors.js';
import './probe.decorator.js';

/** Connections without a request that are left open whatever there are: their requests may be on their way. */
const ARRIVING = 32;

/** Part of all connections that requests from one address, or with one key, may use at a time. */
const PART_OF_ONE = 1 / 2;

/** Requests with one key at a time whose bodies may be larger than those of others: each is gathered and read as a whole. */
const LARGE_BODIES = 2;

/** Seconds after which a caller may find that one of its requests has ended. */
const RETRY_AFTER = 5;

/** Whose requests are counted that are anybody's. */
const ANYBODY = 'anybody';

/**
 * Keeps any number of connections from using up the server: those that wait for nothing make room for new ones, and what one caller has
 * under way, such as streams of events, leaves room for others. Probes are answered whatever else is.
 */
export class ConnectionLimits {
  readonly #open = new Set<Socket>();
  /** Connections without a request under way, the longest one first. */
  readonly #idle = new Set<Socket>();
  /** Requests under way of each who has some. */
  readonly #underWay = new Map<string, number>();
  /** As whose an answer is counted. */
  readonly #counted = new WeakMap<ServerResponse, readonly string[]>();

  /** @param max connections at a time. */
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
   * Counts a request as one of its principal, which must be set, until it is answered.
   * @throws {ApiError} `rate_limited`; `overloaded` where its body may be a large one, and others of the principal have such already
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
    // Who hung up while its key was looked up has nothing under way any more, and nothing would ever take it away again.
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

  /** Node tells that a connection is closed some time after it was: counted till then, it would have others closed for the same room. */
  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
  }
}
