import { ORIGIN } from './server.js';

/** What is only refused says nothing about the answers; the clients of Hermes's own server are refused nothing they ask. */
export function likelyStatuses(method: string, template: string): readonly string[] {
  // A page of the server says that it is one, which these requests do not.
  if (template.startsWith('/v1/sign-in')) return method === 'post' ? ['403', '400'] : ['403'];
  // Nothing is kept where the histories of several hosts meet.
  if (template.startsWith('/v1/trash') && ORIGIN !== null) return ['409', '400'];
  if (template.includes('{trash_id}')) return ['404', '400'];
  if (!template.startsWith('/api/')) return ['200', '400'];
  // Sessions are made where the agents are, not where the histories of several hosts meet.
  if (method === 'post') return [ORIGIN === null ? '201' : '409', '400'];
  return method === 'get' ? ['200'] : ['200', '400'];
}
