import type { FastifyRequest } from 'fastify';
import { AddRouteConfig } from './route-config.decorator.js';

/** Whether the answer to a request goes on until whoever listens to it leaves. */
type EndlessRule = (request: FastifyRequest) => boolean;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link EndlessAnswer}. */
    isEndless?: EndlessRule;
  }
}

/** Marks a route whose answers go on until their listeners leave; all of them, or those to some requests. */
export function EndlessAnswer(rule: EndlessRule = () => true): MethodDecorator {
  return AddRouteConfig({ isEndless: rule });
}
