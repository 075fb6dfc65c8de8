import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import { ApiError } from '../http/errors.js';
import { isWhole } from '../sessions/session-access.js';
import type { Principal } from './principal.js';

/** What a key may do. */
export const SCOPES = ['sessions:read', 'sessions:write', 'sessions:delete', 'metrics'] as const;

export type Scope = (typeof SCOPES)[number];

export const REQUIRED_SCOPE = 'hermes-sessions:required-scope';

/** Marks a route, or all routes of a controller, that need a scope. */
export function RequiredScope(scope: Scope): CustomDecorator {
  return SetMetadata(REQUIRED_SCOPE, scope);
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
