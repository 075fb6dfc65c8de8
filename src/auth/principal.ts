import type { SessionAccess } from '../sessions/session-access.js';
import type { Scope } from './scopes.js';

/** Who sent a request: what logs call it, what it may do, and on which sessions; never the key itself. */
export interface Identity {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly access: SessionAccess;
}

/** The identity behind a request, which may go on after its key has ended. */
export interface Principal extends Identity {
  /** Whether the key that it came with is still accepted. */
  readonly isCurrent: () => Promise<boolean>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a key was recognised. */
    principal?: Principal;
  }
}
