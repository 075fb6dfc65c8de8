import { JSON_BEARER, LISTED, MESSAGE, ROW, SESSION, type Exchange } from './exchange.js';

/** Requests of apps for Hermes's API server, as their public sources make them; each app's on a history of its own, in order. */
export const API_SERVER_APPS: Readonly<Record<string, readonly Exchange[]>> = {
  'savio22/hermes-raycast': [
    { path: '/health', headers: {}, reads: { status: 'ok', platform: 'hermes-agent' } },
    { path: '/v1/capabilities', reads: { features: expect.any(Object) } },
    { path: '/api/sessions?limit=1', reads: { data: [expect.objectContaining(ROW)] } },
    {
      ...{ method: 'POST', path: '/api/sessions', status: 201 },
      body: { source: 'desktop', title: 'From Raycast' },
      reads: { session: expect.objectContaining({ source: 'desktop', title: 'From Raycast' }) },
    },
    {
      path: '/api/sessions/plain/messages?limit=50&order=latest',
      reads: { data: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ method: 'POST', path: '/api/sessions/plain/fork', status: 201 },
      body: {},
      reads: { session: expect.objectContaining({ parent_session_id: 'plain' }) },
    },
  ],
  'TrebuchetDynamics/hermes-wing': [
    {
      path: '/v1/capabilities',
      reads: {
        endpoints: expect.objectContaining({
          session_create: { method: 'POST', path: '/api/sessions' },
          session_update: { method: 'PATCH', path: '/api/sessions/{session_id}' },
          session_delete: { method: 'DELETE', path: '/api/sessions/{session_id}' },
          session_fork: { method: 'POST', path: '/api/sessions/{session_id}/fork' },
        }),
      },
    },
    { path: '/api/sessions', reads: { data: expect.arrayContaining([expect.objectContaining(ROW)]) } },
    { method: 'PATCH', path: '/api/sessions/plain', body: { title: 'By Wing' }, reads: SESSION },
    { method: 'DELETE', path: '/api/sessions/plain', reads: { id: 'plain', deleted: true } },
  ],
  'Codename-11/hermes-relay, by an API key': [
    { path: '/api/sessions?limit=1', reads: { data: [expect.objectContaining(ROW)] } },
    { path: '/api/sessions?limit=100&offset=0', reads: { limit: 100, has_more: false } },
    {
      path: '/api/sessions/plain/messages?limit=100&offset=0&order=latest',
      reads: { pagination: { limit: 100, offset: 0, order: 'latest', returned: 4 } },
    },
    { path: '/api/sessions/plain', reads: SESSION },
    { method: 'PATCH', path: '/api/sessions/plain', body: { title: 'By Relay' }, reads: SESSION },
  ],
  'nesquena/hermes-webui, its gateway': [
    { path: '/health', headers: {}, reads: { status: 'ok' } },
    { path: '/v1/health', headers: {}, reads: { status: 'ok' } },
    {
      path: '/v1/capabilities',
      // Nobody can be asked for an approval where no agent is.
      reads: { features: expect.not.objectContaining({ approval_events: true }) },
    },
    { path: '/v1/models', status: 404, reads: { error: { code: 'route_not_found' } } },
    { method: 'POST', path: '/v1/runs', body: {}, status: 501, reads: { error: { code: 'agent_needed' } } },
  ],
  'what pages through whole transcripts of the API server': [
    {
      path: '/api/sessions/plain/messages?order=oldest&limit=500&offset=0&include_compacted=true',
      reads: {
        data: expect.arrayContaining([expect.objectContaining(MESSAGE)]),
        pagination: { returned: 4 },
      },
    },
    {
      ...{ path: '/api/sessions/nope/messages?order=oldest&limit=500&offset=0', status: 404 },
      reads: { error: { code: 'session_not_found' } },
    },
  ],
  'outsourc-e/hermes-workspace, its gateway': [
    { path: '/health', reads: { status: 'ok' } },
    {
      path: '/api/sessions?limit=50&offset=0',
      reads: { data: expect.arrayContaining([expect.objectContaining(LISTED)]) },
    },
    {
      ...{ method: 'POST', path: '/api/sessions', status: 201 },
      body: { id: 'from-workspace', title: 'From the workspace', model: 'hermes-agent' },
      reads: { session: expect.objectContaining({ id: 'from-workspace', title: 'From the workspace' }) },
    },
    { path: '/api/sessions/plain', reads: SESSION },
    {
      path: '/api/sessions/plain/messages',
      reads: { data: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    { method: 'PATCH', path: '/api/sessions/plain', body: { title: 'By the workspace' }, reads: SESSION },
    {
      ...{ method: 'POST', path: '/api/sessions/plain/fork', headers: JSON_BEARER, status: 201 },
      reads: { session: expect.objectContaining({ parent_session_id: 'plain' }) },
    },
    {
      // It has no search there, as Hermes's API server has none.
      ...{ path: '/api/sessions/search?q=lighthouse&limit=20', status: 404 },
      reads: { error: { code: 'session_not_found' } },
    },
    { method: 'DELETE', path: '/api/sessions/from-workspace', reads: { deleted: true } },
  ],
  'doctadg/better-hermes-desktop': [
    { path: '/health', headers: JSON_BEARER, reads: { status: 'ok' } },
    {
      ...{ path: '/api/sessions', headers: { ...JSON_BEARER, 'x-hermes-profile': 'default' } },
      reads: { data: expect.arrayContaining([expect.objectContaining(LISTED)]) },
    },
    { path: '/api/sessions/plain', headers: JSON_BEARER, reads: SESSION },
    {
      ...{ path: '/api/sessions/plain/messages', headers: JSON_BEARER },
      reads: { data: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ path: '/api/sessions/plain/activity', headers: JSON_BEARER, status: 404 },
      reads: { error: { code: 'route_not_found' } },
    },
    {
      ...{ method: 'POST', path: '/v1/chat/completions', status: 501 },
      headers: { ...JSON_BEARER, 'x-hermes-session-id': 'plain' },
      ...{ body: { stream: true, session_id: 'plain' }, reads: { error: { code: 'agent_needed' } } },
    },
    { method: 'DELETE', path: '/api/sessions/plain', headers: JSON_BEARER, reads: { deleted: true } },
  ],
  'Codename-11/obsidian-hermes-client': [
    { path: '/health', reads: { status: 'ok', platform: 'hermes-agent' } },
    { path: '/v1/capabilities', reads: { model: expect.any(String), features: expect.any(Object) } },
    {
      ...{ method: 'POST', path: '/api/sessions', status: 201 },
      body: { title: 'Obsidian Chat', source: 'obsidian', model: null, system_prompt: null },
      reads: { session: expect.objectContaining({ title: 'Obsidian Chat', source: 'api_server' }) },
    },
    { path: '/api/sessions?source=obsidian&limit=50&offset=0', reads: { data: [] } },
    { path: '/api/config', status: 404, reads: { error: { code: 'route_not_found' } } },
  ],
};
