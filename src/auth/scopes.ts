import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/errors.js';
import { AddRouteConfig, AddRoutesConfig } from '../http/route-config.decorator.js';
import { isWhole } from '../sessions/session-access.js';
import type { Principal } from './principal.js';

/** What a key may do. */
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

/** Marks all routes of a controller that need a scope, but for those that name another one themselves. */
export function UsualScope(scope: Scope): ClassDecorator {
  return AddRoutesConfig({ requiredScope: scope });
}

type Rights = Pick<Principal, 'scopes' | 'access'>;

/** What tells of the whole history in numbers, so that it would tell a limited key of what it may not know. */
const OF_EVERYTHING: ReadonlySet<Scope> = new Set<Scope>(['metrics']);

/** Whether a scope is of no use to whoever may know of a part of the history alone. */
export function needsWholeAccess(scope: Scope): boolean {
  return OF_EVERYTHING.has(scope);
}

/** Whether a principal may do what a scope stands for. */
export function mayUse({ scopes, access }: Rights, scope: Scope): boolean {
  return scopes.has(scope) && (isWhole(access) || !needsWholeAccess(scope));
}

/** @throws {ApiError} `insufficient_scope` where a principal may not do this. */
export function requireScope(rights: Rights, scope: Scope): void {
  if (mayUse(rights, scope)) return;
  const message = rights.scopes.has(scope)
    ? `The scope ${scope} tells of the whole history: it needs a key that is limited to no user, platform, profile or host.`
    : `This key has no scope ${scope}.`;
  throw new ApiError('insufficient_scope', { message });
}

/** @throws {ApiError} `insufficient_scope` where a principal may not do what the route of a request is for. */
export function requireScopeOf({ routeOptions }: FastifyRequest, rights: Rights): void {
  const { requiredScope } = routeOptions.config;
  if (requiredScope !== undefined) requireScope(rights, requiredScope);
}

/**
 * What can do anything is for whoever may do everything, on all sessions.
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
