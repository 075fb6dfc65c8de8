import type { FastifyInstance } from 'fastify';
import '../http/endless-answer.decorator.js';
import { followRequests } from '../http/request-end.js';
import type { Metrics } from './metrics.js';

/** Counts every request by route, including aborted ones; otherwise the slowest would be missing. */
export function countRequests(fastify: FastifyInstance, metrics: Metrics): void {
  followRequests(fastify, (request) => ({ status, milliseconds }) => {
    // The duration of an endless answer, which ends when its listener leaves, is meaningless; a refusal has a duration.
    if (status < 400 && request.routeOptions.config.isEndless?.(request) === true) return;
    metrics.answered({
      method: request.method,
      // Unknown paths are unlimited, so they share one label.
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      status,
      seconds: milliseconds / 1000,
    });
  });
}
