import type { FastifyRequest } from 'fastify';
import type { ApiError } from './errors.js';
import { AddRoutesConfig } from './route-config.decorator.js';

/** A custom error format, for clients that were written for another server. */
export type ErrorForm = (
  error: ApiError,
  request: FastifyRequest,
) => { readonly status: number; readonly body: object };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link ErrorsIn}; a route without it uses the common envelope. */
    errorForm?: ErrorForm;
  }
}

/** Gives all routes of a controller a custom error format, including for errors before a handler is reached. */
export function ErrorsIn(form: ErrorForm): ClassDecorator {
  return AddRoutesConfig({ errorForm: form });
}
