import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.js';
import { mayUse } from '../auth/scopes.js';
import type { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';

/** The paths by which Hermes's clients reach agents. */
const PATHS_OF_AGENTS = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/runs',
  '/api/sessions/:session_id/chat',
  '/api/sessions/:session_id/chat/stream',
  '/api/sessions/:session_id/model',
] as const;

/** Path parameters. */
interface Named {
  readonly session_id?: string;
  readonly profile?: string;
}

/** Looks up a session like the API server. @throws {DomainError} `session_not_found`, `profile_not_found` */
export type SessionLookup = (
  id: string,
  request: { readonly caller: Principal; readonly profile: string | undefined },
) => Promise<unknown>;

/** Answers requests for an agent with `agent_needed` if there is none: that says more than a 404. */
export function refuseAgents(
  fastify: FastifyInstance,
  { BASE_PATH: base }: Settings,
  lookUp: SessionLookup,
): void {
  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    const { session_id: id, profile } = request.params as Named;
    const { principal: caller } = request;
    // Apps probe with an unknown session id to learn which Hermes they talk to. Hermes looks up the session first.
    if (id !== undefined && caller !== undefined && mayUse(caller, 'sessions:read'))
      await lookUp(id, { caller, profile });
    // OpenAI's clients would otherwise retry twice.
    void reply.header('x-should-retry', 'false');
    throw new ApiError('agent_needed');
  };
  for (const path of PATHS_OF_AGENTS) {
    for (const url of [`${base}${path}`, `${base}/p/:profile${path}`]) {
      // Refused before the body is read: it may be larger than allowed here, and of any type.
      fastify.post(url, { preParsing: refuse }, refuse);
    }
  }
}
