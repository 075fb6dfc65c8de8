import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/**
 * Adds to what hooks can know of a route before its handler is reached (`request.routeOptions.config`). Nest's own decorator alone
 * would replace what another one of the same route has said.
 */
export function AddRouteConfig(added: FastifyContextConfig): MethodDecorator {
  return changingConfig((known) => ({ ...known, ...added }));
}

/** As {@link AddRouteConfig}, of all routes of a controller; what a route says of itself holds. */
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
