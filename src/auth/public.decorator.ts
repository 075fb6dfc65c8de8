import type { FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import { AddRouteConfig } from '../http/route-config.decorator.js';

/** Whether the settings make a route public. */
export type PublicRule = (settings: Settings) => boolean;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link Public}; a route without it needs a key. */
    isPublic?: PublicRule;
  }
}

/** Marks a route that needs no key, always or depending on the settings. */
export function Public(rule: PublicRule = () => true): MethodDecorator {
  return AddRouteConfig({ isPublic: rule });
}

/** Whether the route of a request needs no key. */
export function isPublic(request: FastifyRequest, settings: Settings): boolean {
  return request.routeOptions.config.isPublic?.(settings) === true;
}
