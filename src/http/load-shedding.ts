import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';
import './probe.decorator.js';

/** How often the event loop's delay is averaged, in milliseconds. */
const SAMPLE_INTERVAL = 1000;

/**
 * Refuses requests while the event loop runs late, so that those which are answered are answered in time.
 * @param maximumDelay milliseconds on average; 0 never refuses.
 */
export async function shedLoad(fastify: FastifyInstance, maximumDelay: number): Promise<void> {
  await fastify.register(underPressure, {
    maxEventLoopDelay: maximumDelay,
    sampleInterval: SAMPLE_INTERVAL,
    pressureHandler: (request: FastifyRequest) =>
      request.routeOptions.config.probe === true ? undefined : Promise.reject(new ApiError('overloaded')),
  });
}
