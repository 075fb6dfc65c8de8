import rateLimit, { type CreateRateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerAddress } from './caller-address.js';
import { ApiError } from './errors.js';
import './probe.decorator.js';
import { RequestCounts } from './request-counts.js';

/** Allowed requests per minute; 0 for no limit. */
export interface RequestLimitSettings {
  readonly perKey: number;
  readonly perAddress: number;
  readonly wrongKeysPerAddress: number;
}

const WINDOW = 60_000;

/** The state of one limit. */
interface Count {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly exceeded: boolean;
}

type Counter = (request: FastifyRequest, increment: boolean) => Promise<Count | undefined>;

const NOT_COUNTED: Counter = () => Promise.resolve(undefined);

/** Counts requests per address and per key, and wrong keys per address. The address is the one that trusted proxies report. */
export class RequestLimits {
  #requestsOfKey = NOT_COUNTED;
  #requestsOfAddress = NOT_COUNTED;
  #wrongKeysOfAddress = NOT_COUNTED;

  constructor(private readonly settings: RequestLimitSettings) {}

  /** Starts counting every request except those to probes. */
  async install(fastify: FastifyInstance): Promise<void> {
    const { perKey, perAddress, wrongKeysPerAddress } = this.settings;
    const keyGenerator = ({ ip }: FastifyRequest): string => callerAddress(ip);
    await fastify.register(rateLimit, { global: false, timeWindow: WINDOW, store: RequestCounts });
    this.#requestsOfAddress = counter(fastify, { max: perAddress, keyGenerator });
    this.#wrongKeysOfAddress = counter(fastify, { max: wrongKeysPerAddress, keyGenerator });
    this.#requestsOfKey = counter(fastify, {
      max: perKey,
      keyGenerator: (request) => request.principal?.name ?? '',
    });
    fastify.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.config.probe !== true) await this.countAddress(request, reply);
    });
  }

  /**
   * Counts a request against its address.
   * @throws {ApiError} `rate_limited`
   */
  async countAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    admit(await this.#requestsOfAddress(request, true), reply);
  }

  /**
   * Counts a request against its principal, which must be set.
   * @throws {ApiError} `rate_limited`
   */
  async countKey(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    admit(await this.#requestsOfKey(request, true), reply);
  }

  /** Counts a wrong key against the request's address. */
  async countWrongKey(request: FastifyRequest): Promise<void> {
    await this.#wrongKeysOfAddress(request, true);
  }

  /** @returns seconds for which keys from the request's address are refused; 0 if they are accepted. */
  async secondsLocked(request: FastifyRequest): Promise<number> {
    const count = await this.#wrongKeysOfAddress(request, false);
    return count?.remaining === 0 ? Math.max(1, count.resetSeconds) : 0;
  }
}

function counter(
  fastify: FastifyInstance,
  options: CreateRateLimitOptions & { readonly max: number },
): Counter {
  if (options.max === 0) return NOT_COUNTED;
  const count = fastify.createRateLimit({ ...options, timeWindow: WINDOW });
  return async (request, increment) => {
    const result = await count(request, { increment });
    if (result.isAllowed) return undefined;
    const { max, remaining, ttlInSeconds, isExceeded } = result;
    return { limit: max, remaining, resetSeconds: ttlInSeconds, exceeded: isExceeded };
  };
}

/** Reports the tightest limit in the answer's headers (draft-ietf-httpapi-ratelimit-headers-06). */
function admit(count: Count | undefined, reply: FastifyReply): void {
  if (count === undefined) return;
  const { limit, remaining, resetSeconds, exceeded } = count;
  const known = reply.getHeader('ratelimit-remaining');
  if (known === undefined || remaining < Number(known)) {
    void reply
      .header('ratelimit-limit', String(limit))
      .header('ratelimit-remaining', String(remaining))
      .header('ratelimit-reset', String(resetSeconds));
  }
  if (exceeded) throw new ApiError('rate_limited', { retryAfter: Math.max(1, resetSeconds) });
}
