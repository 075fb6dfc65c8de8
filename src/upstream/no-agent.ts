import type { FastifyInstance } from 'fastify';
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

/** Says what is missing where somebody asks for an agent and there is none: that nothing is there would say less. */
export function refuseAgents(fastify: FastifyInstance, { BASE_PATH: base }: Settings): void {
  for (const path of PATHS_OF_AGENTS) {
    for (const url of [`${base}${path}`, `${base}/p/:profile${path}`]) {
      // What nobody answers needs no reading: it may be larger than what is read here, and of any kind.
      fastify.post(url, { preParsing: refuse }, refuse);
    }
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new ApiError('agent_needed'));
}
