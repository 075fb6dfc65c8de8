import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './errors.js';
import './probe.decorator.js';

/** Interval over which the event loop's delay is averaged, in milliseconds. */
const SAMPLE_INTERVAL = 1000;

/** Interval of the single measurements, in milliseconds. Each measurement includes it. */
const RESOLUTION = 10;

/**
 * Refuses requests while the event loop is late, so that accepted requests are answered in time. The delay is measured from when the server listens.
 * Nothing else is measured: reading the memory opens a file (as @fastify/under-pressure does), which ends the process when no file descriptor is left.
 * @param maximumDelay average delay in milliseconds; 0 never refuses.
 */
export function shedLoad(fastify: FastifyInstance, maximumDelay: number): void {
  if (maximumDelay === 0) return;
  let delay = 0;
  const measured = monitorEventLoopDelay({ resolution: RESOLUTION });
  let timer: NodeJS.Timeout | undefined;
  // The start itself takes long turns, on a slow machine more than are allowed: whoever came first was refused for it.
  fastify.addHook('onListen', (done) => {
    measured.enable();
    timer = setInterval(() => {
      // Where nothing was measured since, there was no turn in all that time.
      delay = Number.isNaN(measured.mean) ? Infinity : measured.mean / 1e6 - RESOLUTION;
      measured.reset();
    }, SAMPLE_INTERVAL).unref();
    done();
  });
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
