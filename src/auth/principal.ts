import { isDeepStrictEqual } from 'node:util';
import type { SessionAccess } from '../sessions/session-access.js';
import type { Scope } from './scopes.js';

/** Who sent a request: what logs call it, what it may do, and on which sessions; never the key itself. */
export interface Identity {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly access: SessionAccess;
}

/** The identity behind a request, which may go on after its key has ended or is another one. */
export interface Principal extends Identity {
  /** Whether the key that it came with is still accepted, and for the same. */
  readonly isCurrent: () => Promise<boolean>;
  /** The request that it came with, as the log calls it; none where there is no such, as on standard input. */
  readonly requestId?: string;
}

/** @param identify says whose what was shown is by now; undefined where it is accepted no more. */
export function principalOf(identity: Identity, identify: () => Promise<Identity | undefined>): Principal {
  const isCurrent = async (): Promise<boolean> => {
    try {
      const now = await identify();
      // Whoever may do less by now hears nothing more of what was for them before, and comes back with what they may.
      return now !== undefined && isDeepStrictEqual(rightsOf(now), rightsOf(identity));
    } catch {
      // While the identity provider or the store of the key is away, what it said last holds.
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
