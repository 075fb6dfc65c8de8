import type { FastifyRequest } from 'fastify';
import { AddRouteConfig } from './route-config.decorator.js';

/** Whether the answer to a request continues until the client leaves. */
type EndlessRule = (request: FastifyRequest) => boolean;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link EndlessAnswer}. */
    isEndless?: EndlessRule;
  }
}

/** Marks a route whose answers continue until the client leaves: all of them, or those to some requests. */
export function EndlessAnswer(rule: EndlessRule = () => true): MethodDecorator {
  return AddRouteConfig({ isEndless: rule });
}
