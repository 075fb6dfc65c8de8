import type { FastifyRequest } from 'fastify';
import type { ApiError } from './errors.js';
import { AddRoutesConfig } from './route-config.decorator.js';

/** How some routes write their errors: clients that were written for another server know them so. */
export type ErrorForm = (
  error: ApiError,
  request: FastifyRequest,
) => { readonly status: number; readonly body: object };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link ErrorsIn}; a route without it has the common envelope. */
    errorForm?: ErrorForm;
  }
}

/** Has all routes of a controller write their errors in a form of their own, those included that arise before a handler is reached. */
export function ErrorsIn(form: ErrorForm): ClassDecorator {
  return AddRoutesConfig({ errorForm: form });
}
