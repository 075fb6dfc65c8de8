import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/**
 * Adds to the route's configuration, which hooks can read before the handler is reached (`request.routeOptions.config`). Nest's own decorator would
 * replace what another decorator of the same route has set.
 */
export function AddRouteConfig(added: FastifyContextConfig): MethodDecorator {
  return changingConfig((known) => ({ ...known, ...added }));
}

/** As {@link AddRouteConfig}, for all routes of a controller. A route's own configuration takes precedence. */
export function AddRoutesConfig(added: FastifyContextConfig): ClassDecorator {
  return ({ prototype }) => {
    const owner = prototype as object;
    const decorate = changingConfig((known) => ({ ...added, ...known }));
    for (const name of Object.getOwnPropertyNames(owner)) {
      const descriptor = Object.getOwnPropertyDescriptor(owner, name);
      if (name !== 'constructor' && descriptor !== undefined) decorate(owner, name, descriptor);
    }
  };
}

function changingConfig(change: (known: FastifyContextConfig) => FastifyContextConfig): MethodDecorator {
  return <T>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<T>) => {
    const known: unknown = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value as object);
    const config = change((known as FastifyContextConfig | undefined) ?? {});
    (RouteConfig(config) as MethodDecorator)(target, name, descriptor);
  };
}
