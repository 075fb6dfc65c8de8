import { LISTED, MESSAGE, ROW, TOKEN, type Exchange } from './exchange.js';

/** The same of apps for Hermes's dashboard. */
export const DASHBOARD_APPS: Readonly<Record<string, readonly Exchange[]>> = {
  'andyst-dev/hermes-ios, its bridge': [
    {
      ...{ path: '/api/sessions?limit=50&archived=exclude', headers: TOKEN },
      reads: { sessions: expect.arrayContaining([expect.objectContaining(ROW)]) },
    },
    {
      ...{ path: '/api/sessions/plain/messages', headers: TOKEN },
      reads: { messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN, body: { archived: true } },
      reads: { ok: true, archived: true },
    },
  ],
  'outsourc-e/hermes-workspace, its dashboard': [
    { path: '/dashboard/api/status', reads: { version: expect.any(String) } },
    {
      path: '/dashboard/api/sessions?limit=50&offset=0',
      reads: { sessions: expect.arrayContaining([expect.objectContaining(LISTED)]) },
    },
    {
      path: '/dashboard/api/sessions/plain/messages',
      reads: { messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      path: '/dashboard/api/sessions/search?q=lighthouse',
      reads: { results: [expect.objectContaining({ session_id: 'chain-3' })] },
    },
    {
      path: '/dashboard/api/analytics/usage?days=30',
      reads: {
        ...{ daily: expect.any(Array), by_model: expect.any(Array), skills: { top_skills: [] } },
        totals: { total_input: expect.any(Number), total_sessions: expect.any(Number) },
      },
    },
    {
      method: 'PATCH',
      path: '/dashboard/api/sessions/plain',
      body: { title: 'Renamed' },
      reads: { ok: true },
    },
    { method: 'DELETE', path: '/dashboard/api/sessions/plain', reads: { ok: true } },
  ],
  'goncharik/hermes-mobile': [
    { path: '/api/status', headers: {}, reads: { version: expect.any(String), auth_required: false } },
    {
      ...{ path: '/api/auth/providers', headers: {}, status: 404 },
      reads: { error: { code: 'route_not_found' } },
    },
    {
      ...{ path: '/api/sessions?limit=30&offset=0&order=recent', headers: TOKEN },
      reads: {
        sessions: expect.arrayContaining([expect.objectContaining(LISTED)]),
        total: expect.any(Number),
      },
    },
    {
      ...{ path: '/api/sessions?limit=30&offset=0&archived=only', headers: TOKEN },
      reads: { sessions: [expect.objectContaining({ id: 'archived' })] },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse', headers: TOKEN },
      reads: { results: [expect.objectContaining({ session_id: 'chain-3', lineage_root: 'chain-1' })] },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain?profile=default', headers: TOKEN },
      ...{ body: { title: 'By the phone', profile: 'default' }, reads: { ok: true, title: 'By the phone' } },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/plain?profile=default', headers: TOKEN },
      reads: { ok: true },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/plain', headers: TOKEN },
      reads: { ok: true, already_absent: true },
    },
  ],
  'abhibansal-sg/hermes-mobile': [
    { path: '/api/status', headers: TOKEN, reads: { gateway_running: false, active_sessions: 0 } },
    {
      path: '/api/profiles',
      headers: TOKEN,
      reads: { profiles: [expect.objectContaining({ name: 'default' })] },
    },
    {
      ...{
        path: '/api/sessions?limit=100&order=recent&archived=exclude&min_messages=1&exclude_sources=cron,subagent&cwd_prefix=/srv',
        headers: TOKEN,
      },
      reads: { sessions: [], total: 0 },
    },
    {
      path: '/api/profiles/sessions?profile=all&limit=150&offset=0&order=recent&archived=exclude&exclude_sources=cron',
      ...{ headers: TOKEN, reads: { limit: 150, profile_totals: { default: expect.any(Number) } } },
    },
    {
      ...{ path: '/api/sessions/plain/messages?shape=skeleton', headers: TOKEN },
      reads: { messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse&limit=20&scope=all', headers: TOKEN },
      reads: { results: [expect.objectContaining({ session_id: 'chain-3', snippet: expect.any(String) })] },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN, body: { archived: true } },
      reads: { ok: true, archived: true },
    },
  ],
  "Hermes's own desktop": [
    {
      path: '/api/profiles/sessions/sidebar?recents_profile=default&recents_limit=20&cron_limit=50&messaging_limit=100&recents_exclude=cron',
      headers: TOKEN,
      reads: {
        recents: {
          sessions: expect.arrayContaining([expect.objectContaining({ ...ROW, profile: 'default' })]),
          profiles_truncated: { default: false },
          profiles_usage: { default: { tokens: expect.any(Number), cost_usd: expect.any(Number) } },
        },
        ...{ cron: { sessions: [] }, errors: [] },
      },
    },
    {
      path: '/api/profiles/sessions?limit=200&offset=0&order=recent&min_messages=1&archived=include&profile=all',
      headers: TOKEN,
      reads: { profile_totals: { default: expect.any(Number) } },
    },
    {
      ...{ path: '/api/sessions/chain-1?profile=default', headers: TOKEN },
      reads: { id: 'chain-1', profile: 'default', is_default_profile: true },
    },
    {
      path: '/api/sessions/chain-1/messages?profile=default&limit=120&order=latest&include_compacted=true',
      headers: TOKEN,
      reads: { session_id: 'chain-3', pagination: expect.objectContaining({ order: 'latest', limit: 120 }) },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse', headers: TOKEN },
      reads: { results: [expect.objectContaining({ session_id: 'chain-3', lineage_root: 'chain-1' })] },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN },
      ...{ body: { unread: false, profile: 'default' }, reads: { ok: true, unread: false } },
    },
    {
      ...{ method: 'POST', path: '/api/sessions/prune', headers: TOKEN },
      ...{ body: { older_than_days: 30, source: 'cli', dry_run: true }, reads: { ok: true, removed: 0 } },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/gone?profile=default', headers: TOKEN },
      reads: { ok: true, already_absent: true },
    },
  ],
  'darth-modder/hermes-mobile-client, below /dashboard': [
    { path: '/dashboard/api/status', headers: {}, reads: { auth_required: false } },
    {
      path: '/dashboard/api/sessions?limit=50&offset=0&order=recent&archived=exclude&profile=default',
      reads: {
        sessions: expect.arrayContaining([
          expect.objectContaining({ ...LISTED, pinned: false, unread: false }),
        ]),
        ...{ total: expect.any(Number), limit: 50, offset: 0 },
      },
    },
    {
      ...{ method: 'PATCH', path: '/dashboard/api/sessions/plain', body: { pinned: true, title: '' } },
      reads: { ok: true, title: '', pinned: true },
    },
    { method: 'DELETE', path: '/dashboard/api/sessions/plain', reads: { ok: true } },
  ],
  'cedricziel/hermes-app': [
    {
      ...{ path: '/api/sessions?limit=50&offset=50&order=recent&archived=exclude', headers: TOKEN },
      reads: { sessions: [], total: expect.any(Number) },
    },
    {
      ...{ path: '/api/sessions/plain?profile=default', headers: TOKEN },
      reads: { id: 'plain', title: expect.any(String), started_at: expect.any(Number) },
    },
    {
      ...{ path: '/api/sessions/nope?profile=default', headers: TOKEN, status: 404 },
      reads: { detail: 'Session not found' },
    },
    {
      ...{ path: '/api/sessions/search?q=lighthouse&limit=20&profile=default', headers: TOKEN },
      reads: {
        results: [
          expect.objectContaining({
            ...{ id: 'chain-3', snippet: expect.stringContaining('>>>') },
            last_active: expect.any(Number),
          }),
        ],
      },
    },
    {
      path: '/api/sessions/plain/messages?limit=120&offset=2&order=latest&profile=default',
      headers: TOKEN,
      reads: {
        messages: [expect.objectContaining(MESSAGE), expect.objectContaining(MESSAGE)],
        pagination: { limit: 120, offset: 2, order: 'latest', returned: 2 },
      },
    },
    {
      ...{ method: 'PATCH', path: '/api/sessions/plain', headers: TOKEN },
      ...{ body: { archived: true, profile: 'default' }, reads: { ok: true, archived: true } },
    },
    {
      ...{ method: 'DELETE', path: '/api/sessions/plain?profile=default', headers: TOKEN },
      reads: { ok: true },
    },
  ],
  'tarkilhk/hermes-android': [
    {
      ...{ path: '/api/profiles', headers: TOKEN },
      reads: { profiles: [expect.objectContaining({ name: 'default', is_default: true })] },
    },
    {
      path: '/api/sessions?limit=50&offset=0&order=recent&exclude_sources=cron&profile=default',
      headers: TOKEN,
      reads: {
        sessions: expect.arrayContaining([expect.objectContaining({ ...LISTED, profile: 'default' })]),
        ...{ limit: 50, offset: 0, total: expect.any(Number) },
      },
    },
    {
      path: '/api/sessions?limit=50&offset=0&order=recent&archived=only&profile=default',
      ...{ headers: TOKEN, reads: { sessions: [expect.objectContaining({ id: 'archived' })] } },
    },
    {
      path: '/api/sessions/plain/messages?limit=50&offset=0&order=latest&include_compacted=true&profile=default',
      headers: TOKEN,
      reads: {
        session_id: 'plain',
        messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]),
        pagination: { limit: 50, offset: 0, order: 'latest', returned: 4 },
      },
    },
    {
      path: '/api/sessions/search?q=lighthouse&exclude_sources=cron&limit=100&profile=default',
      headers: TOKEN,
      reads: { results: [expect.objectContaining({ session_id: 'chain-3' })] },
    },
  ],
  'Hy4ri/hermes-mobile': [
    { path: '/api/status', headers: {}, reads: { version: expect.any(String), gateway_running: false } },
    {
      ...{ path: '/api/sessions', headers: TOKEN },
      reads: { sessions: expect.arrayContaining([expect.objectContaining(LISTED)]) },
    },
    {
      ...{ path: '/api/sessions/plain/messages', headers: TOKEN },
      reads: { messages: expect.arrayContaining([expect.objectContaining(MESSAGE)]) },
    },
    {
      ...{ path: '/api/profiles', headers: TOKEN },
      reads: { profiles: [expect.objectContaining({ name: 'default' })] },
    },
    {
      ...{ path: '/api/sessions/?limit=1', headers: TOKEN },
      reads: { sessions: [expect.objectContaining(LISTED)], limit: 1 },
    },
    { path: '/api/skills', headers: TOKEN, status: 404, reads: { detail: 'Not Found' } },
  ],
};
