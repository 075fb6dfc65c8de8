import { ORIGIN } from './server.js';

/**
 * Statuses that an operation should answer at least once in a test: refusals alone say nothing about its answers. Routes of Hermes's own server need
 * no refusal, since they ignore invalid input.
 */
export function likelyStatuses(method: string, template: string): readonly string[] {
  // These requests lack the header that marks pages of the server.
  if (template.startsWith('/v1/sign-in')) return method === 'post' ? ['403', '400'] : ['403'];
  // There is no trash for a store of several hosts.
  if (template.startsWith('/v1/trash') && ORIGIN !== null) return ['409', '400'];
  if (template.includes('{trash_id}')) return ['404', '400'];
  if (!template.startsWith('/api/')) return ['200', '400'];
  // Sessions are created only on the hosts of the agents, not in a store of several hosts.
  if (method === 'post') return [ORIGIN === null ? '201' : '409', '400'];
  return method === 'get' ? ['200'] : ['200', '400'];
}
