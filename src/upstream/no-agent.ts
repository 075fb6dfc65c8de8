import type { FastifyInstance } from 'fastify';
import type { Settings } from '../config/settings.js';
import { sendError } from '../http/error.filter.js';
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
      fastify.post(url, (request, reply) => {
        void sendError(new ApiError('agent_needed'), request, reply);
      });
    }
  }
}
