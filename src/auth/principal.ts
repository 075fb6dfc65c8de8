/** Who sent a request, as logs name it; never the key itself. */
interface Principal {
  readonly name: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a key was recognised. */
    principal?: Principal;
  }
}
