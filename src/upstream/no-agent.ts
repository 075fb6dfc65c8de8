import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.js';
import { mayUse } from '../auth/scopes.js';
import type { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';

/** What a client of Hermes asks agents for. */
const PATHS_OF_AGENTS = [
  ...['/v1/chat/completions', '/v1/responses', '/v1/runs'],
  ...[
    '/api/sessions/:session_id/chat',
    '/api/sessions/:session_id/chat/stream',
    '/api/sessions/:session_id/model',
  ],
] as const;

/** What a path may name. */
interface Named {
  readonly session_id?: string;
  readonly profile?: string;
}

/** Finds a session as the API server does. @throws {DomainError} `session_not_found`, `profile_not_found` */
export type SessionLookup = (
  id: string,
  request: { readonly caller: Principal; readonly profile: string | undefined },
) => Promise<unknown>;

/** Says what is missing where somebody asks for an agent and there is none: that nothing is there would say less. */
export function refuseAgents(
  fastify: FastifyInstance,
  { BASE_PATH: base }: Settings,
  lookUp: SessionLookup,
): void {
  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    const { session_id: id, profile } = request.params as Named;
    const { principal: caller } = request;
    // Apps send a session that nobody has, to learn which Hermes they talk to: there it is looked for first.
    if (id !== undefined && caller !== undefined && mayUse(caller, 'sessions:read'))
      await lookUp(id, { caller, profile });
    // OpenAI's clients would ask twice again.
    void reply.header('x-should-retry', 'false');
    throw new ApiError('agent_needed');
  };
  for (const path of PATHS_OF_AGENTS) {
    for (const url of [`${base}${path}`, `${base}/p/:profile${path}`]) {
      // What nobody answers needs no reading: it may be larger than what is read here, and of any kind.
      fastify.post(url, { preParsing: refuse }, refuse);
    }
  }
}
