import type { FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import { AddRouteConfig } from '../http/route-config.decorator.js';

/** Whether a route answers without a key, by the settings. */
export type PublicRule = (settings: Settings) => boolean;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link Public}; a route without it needs a key. */
    isPublic?: PublicRule;
  }
}

/** Marks a route that answers without a key; always, or where the settings say so. */
export function Public(rule: PublicRule = () => true): MethodDecorator {
  return AddRouteConfig({ isPublic: rule });
}

/** Whether the route of a request answers without a key. */
export function isPublic(request: FastifyRequest, settings: Settings): boolean {
  return request.routeOptions.config.isPublic?.(settings) === true;
}
