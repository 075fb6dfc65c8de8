import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import { ApiError } from '../http/errors.js';
import type { Principal } from './principal.js';

/** What a key may do. */
export const SCOPES = ['sessions:read', 'sessions:write', 'sessions:delete', 'metrics'] as const;

export type Scope = (typeof SCOPES)[number];

export const REQUIRED_SCOPE = 'hermes-sessions:required-scope';

/** Marks a route, or all routes of a controller, that need a scope. */
export function RequiredScope(scope: Scope): CustomDecorator {
  return SetMetadata(REQUIRED_SCOPE, scope);
}

/** @throws {ApiError} `insufficient_scope` where a principal may not do this. */
export function requireScope({ scopes }: Pick<Principal, 'scopes'>, scope: Scope): void {
  if (scopes.has(scope)) return;
  throw new ApiError('insufficient_scope', { message: `This key has no scope ${scope}.` });
}

/**
 * What can do anything is for whoever may do everything, on all sessions.
 * @throws {ApiError} `insufficient_scope`
 */
export function requireOwner({ scopes, access }: Pick<Principal, 'scopes' | 'access'>): void {
  for (const scope of SCOPES) requireScope({ scopes }, scope);
  if (Object.values(access).every((limit) => limit === undefined)) return;
  throw new ApiError('insufficient_scope', {
    message: 'Agents can be reached with a key that is limited to no user, platform, profile or host.',
  });
}
