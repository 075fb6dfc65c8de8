import type { SessionAccess } from '../sessions/session-access.js';
import type { Scope } from './scopes.js';

/** Who sent a request: what logs call it, what it may do, and on which sessions; never the key itself. */
export interface Principal {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly access: SessionAccess;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a key was recognised. */
    principal?: Principal;
  }
}
