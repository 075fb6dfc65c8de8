import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/errors.js';
import { AddRouteConfig, AddRoutesConfig } from '../http/route-config.decorator.js';
import { isWhole } from '../domain/access.js';
import type { Principal } from './principal.js';

/** The permissions of a key. */
export const SCOPES = ['sessions:read', 'sessions:write', 'sessions:delete', 'metrics'] as const;

export type Scope = (typeof SCOPES)[number];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See {@link RequiredScope}. */
    requiredScope?: Scope;
  }
}

/** Marks a route that needs a scope. */
export function RequiredScope(scope: Scope): MethodDecorator {
  return AddRouteConfig({ requiredScope: scope });
}

/** Marks all routes of a controller that need a scope, except those with a scope of their own. */
export function UsualScope(scope: Scope): ClassDecorator {
  return AddRoutesConfig({ requiredScope: scope });
}

type Rights = Pick<Principal, 'scopes' | 'access'>;

/** Scopes that reveal totals of the whole history, which a limited key may not know. */
const OF_EVERYTHING: ReadonlySet<Scope> = new Set<Scope>(['metrics']);

/** Whether a scope is useless for a key that is limited to part of the history. */
export function needsWholeAccess(scope: Scope): boolean {
  return OF_EVERYTHING.has(scope);
}

/** Whether a principal may use a scope. */
export function mayUse({ scopes, access }: Rights, scope: Scope): boolean {
  return scopes.has(scope) && (isWhole(access) || !needsWholeAccess(scope));
}

/** @throws {ApiError} `insufficient_scope` if a principal may not use a scope. */
export function requireScope(rights: Rights, scope: Scope): void {
  if (mayUse(rights, scope)) return;
  const message = rights.scopes.has(scope)
    ? `The scope ${scope} tells of the whole history: it needs a key that is limited to no user, platform, profile or host.`
    : `This key has no scope ${scope}.`;
  throw new ApiError('insufficient_scope', { message });
}

/** @throws {ApiError} `insufficient_scope` if a principal may not use the route of a request. */
export function requireScopeOf({ routeOptions }: FastifyRequest, rights: Rights): void {
  const { requiredScope } = routeOptions.config;
  if (requiredScope !== undefined) requireScope(rights, requiredScope);
}

/**
 * Requires every scope on all sessions, for routes that can do anything.
 * @throws {ApiError} `insufficient_scope`
 */
export function requireOwner(rights: Rights): void {
  if (!isWhole(rights.access)) {
    throw new ApiError('insufficient_scope', {
      message: 'Agents can be reached with a key that is limited to no user, platform, profile or host.',
    });
  }
  for (const scope of SCOPES) requireScope(rights, scope);
}
