import type { FastifyInstance } from 'fastify';
import { AddRouteConfig } from './route-config.decorator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link BodyLimit}. */
    largestBody?: number;
  }
}

/** Marks a route that takes larger bodies than others. @param bytes the largest one. */
export function BodyLimit(bytes: number): MethodDecorator {
  return AddRouteConfig({ largestBody: bytes });
}

/** Holds bodies to the limits that their routes name. Must come before routes are added. */
export function limitBodiesByRoute(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { largestBody } = route.config ?? {};
    if (largestBody !== undefined) route.bodyLimit = largestBody;
  });
}
