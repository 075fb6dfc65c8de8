import { AddRouteConfig } from './route-config.decorator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link Probe}. */
    probe?: boolean;
  }
}

/** Marks a route for monitoring: it answers however busy the server is, and is not rate-limited. */
export function Probe(): MethodDecorator {
  return AddRouteConfig({ probe: true });
}
