import type { FastifyInstance } from 'fastify';
import '../http/endless-answer.decorator.js';
import { followRequests } from '../http/request-end.js';
import type { Metrics } from './metrics.js';

/** Counts every request by its route, also where nobody waited for the answer: else the slowest of them were missing. */
export function countRequests(fastify: FastifyInstance, metrics: Metrics): void {
  followRequests(fastify, (request) => ({ status, milliseconds }) => {
    // Of what ends when its listener leaves the time says nothing; a refusal has ended by itself.
    if (status < 400 && request.routeOptions.config.isEndless?.(request) === true) return;
    metrics.answered({
      method: request.method,
      // What no route knows has paths without number.
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      status,
      seconds: milliseconds / 1000,
    });
  });
}
