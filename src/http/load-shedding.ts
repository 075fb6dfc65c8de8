import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './errors.js';
import './probe.decorator.js';

/** How often the event loop's delay is averaged, in milliseconds. */
const SAMPLE_INTERVAL = 1000;

/** How often the delay is measured, in milliseconds, which is a part of each measurement. */
const RESOLUTION = 10;

/**
 * Refuses requests while the event loop runs late, so that those which are answered are answered in time.
 * Nothing else is measured: what opens a file for that (the memory, as @fastify/under-pressure does) ends the process where none is left.
 * @param maximumDelay milliseconds on average; 0 never refuses.
 */
export function shedLoad(fastify: FastifyInstance, maximumDelay: number): void {
  if (maximumDelay === 0) return;
  let delay = 0;
  const measured = monitorEventLoopDelay({ resolution: RESOLUTION });
  measured.enable();
  const timer = setInterval(() => {
    // Where nothing was measured since, there was no turn in all that time.
    delay = Number.isNaN(measured.mean) ? Infinity : measured.mean / 1e6 - RESOLUTION;
    measured.reset();
  }, SAMPLE_INTERVAL);
  timer.unref();
  fastify.addHook('onClose', (_fastify, done) => {
    clearInterval(timer);
    measured.disable();
    done();
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (delay > maximumDelay && request.routeOptions.config.probe !== true) throw new ApiError('overloaded');
    done();
  });
}
