import type { FastifyInstance } from 'fastify';
import { AddRouteConfig } from './route-config.decorator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link BodyLimit}. */
    largestBody?: number;
  }
}

/** Marks a route that accepts larger bodies than others. @param bytes the maximum size. */
export function BodyLimit(bytes: number): MethodDecorator {
  return AddRouteConfig({ largestBody: bytes });
}

/** Applies the body limits of routes. Must run before routes are added. */
export function limitBodiesByRoute(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { largestBody } = route.config ?? {};
    if (largestBody !== undefined) route.bodyLimit = largestBody;
  });
}
