import { AddRouteConfig } from './route-config.decorator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link Probe}. */
    probe?: boolean;
  }
}

/** Marks a route that whoever watches the server asks: it answers however busy the server is, and is not counted. */
export function Probe(): MethodDecorator {
  return AddRouteConfig({ probe: true });
}
