import { isDeepStrictEqual } from 'node:util';
import type { SessionAccess } from '../domain/access.js';
import type { Scope } from './scopes.js';

/** The sender of a request: its name in logs, its scopes, and its access to sessions; never the key itself. */
export interface Identity {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly access: SessionAccess;
}

/** The identity behind a request. The request may outlive its key, or a change of the key's rights. */
export interface Principal extends Identity {
  /** Whether the request's key is still accepted, with the same rights. */
  readonly isCurrent: () => Promise<boolean>;
  /** The id of the request in the log; absent without a request, as on standard input. */
  readonly requestId?: string;
}

/** @param identify the current identity behind the same key or token; undefined if it is not accepted any more. */
export function principalOf(identity: Identity, identify: () => Promise<Identity | undefined>): Principal {
  const isCurrent = async (): Promise<boolean> => {
    try {
      const now = await identify();
      // A principal whose rights changed gets nothing more of the running answer. A new request gets the new rights.
      return now !== undefined && isDeepStrictEqual(rightsOf(now), rightsOf(identity));
    } catch {
      // While the identity provider or the key's store is unavailable, its last answer counts.
      return true;
    }
  };
  return { ...identity, isCurrent };
}

function rightsOf({ scopes, access }: Identity): Pick<Identity, 'scopes' | 'access'> {
  return { scopes, access };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a key was recognised. */
    principal?: Principal;
  }
}
