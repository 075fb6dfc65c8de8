import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { mayUse, SCOPES } from '../auth/scopes.js';
import { Settings } from '../config/settings.js';
import { VERSION } from '../config/version.js';
import { SessionTrash } from '../sessions/trash/session-trash.js';
import { StoreHealth } from '../sessions/store-health.js';
import { Upstream, USUAL_MODEL, type UpstreamOffer } from '../upstream/upstream.js';
import type { CapabilitiesEndpointResponse, CapabilitiesResponse } from './capabilities.response.js';

const ENDPOINTS: Readonly<Record<string, CapabilitiesEndpointResponse>> = {
  sessions_list: { method: 'GET', path: '/v1/sessions' },
  sessions_get: { method: 'GET', path: '/v1/sessions/{session_id}' },
  sessions_details: { method: 'GET', path: '/v1/sessions/{session_id}/details' },
  sessions_messages: { method: 'GET', path: '/v1/sessions/{session_id}/messages' },
  sessions_chain: { method: 'GET', path: '/v1/sessions/{session_id}/chain' },
  sessions_update: { method: 'PATCH', path: '/v1/sessions/{session_id}' },
  sessions_delete: { method: 'DELETE', path: '/v1/sessions/{session_id}' },
  sessions_bulk: { method: 'POST', path: '/v1/sessions/bulk' },
  sessions_prune: { method: 'POST', path: '/v1/sessions/prune' },
  trash_list: { method: 'GET', path: '/v1/trash' },
  trash_get: { method: 'GET', path: '/v1/trash/{trash_id}' },
  trash_restore: { method: 'POST', path: '/v1/trash/{trash_id}/restore' },
  trash_purge: { method: 'DELETE', path: '/v1/trash/{trash_id}' },
  trash_empty: { method: 'POST', path: '/v1/trash/empty' },
  sessions_stats: { method: 'GET', path: '/v1/sessions/stats' },
  sessions_events: { method: 'GET', path: '/v1/sessions/events' },
  session_events: { method: 'GET', path: '/v1/sessions/{session_id}/events' },
  sessions_export: { method: 'POST', path: '/v1/sessions/export' },
  session_export: { method: 'GET', path: '/v1/sessions/{session_id}/export' },
  sessions: { method: 'GET', path: '/api/sessions' },
  session_create: { method: 'POST', path: '/api/sessions' },
  session_fork: { method: 'POST', path: '/api/sessions/{session_id}/fork' },
  session: { method: 'GET', path: '/api/sessions/{session_id}' },
  session_update: { method: 'PATCH', path: '/api/sessions/{session_id}' },
  session_delete: { method: 'DELETE', path: '/api/sessions/{session_id}' },
  session_messages: { method: 'GET', path: '/api/sessions/{session_id}/messages' },
  hermes_sessions: { method: 'GET', path: '/api/sessions' },
  hermes_session: { method: 'GET', path: '/api/sessions/{session_id}' },
  hermes_session_update: { method: 'PATCH', path: '/api/sessions/{session_id}' },
  hermes_session_delete: { method: 'DELETE', path: '/api/sessions/{session_id}' },
  hermes_session_messages: { method: 'GET', path: '/api/sessions/{session_id}/messages' },
  profiles: { method: 'GET', path: '/v1/profiles' },
  sign_in: { method: 'POST', path: '/v1/sign-in' },
  sign_in_link: { method: 'POST', path: '/v1/sign-in/link' },
  sign_out: { method: 'DELETE', path: '/v1/sign-in' },
  capabilities: { method: 'GET', path: '/v1/capabilities' },
  health: { method: 'GET', path: '/health' },
  health_detailed: { method: 'GET', path: '/health/detailed' },
};

const METRICS_ENDPOINT: Readonly<Record<string, CapabilitiesEndpointResponse>> = {
  metrics: { method: 'GET', path: '/metrics' },
};

const DOCUMENT_ENDPOINTS: Readonly<Record<string, CapabilitiesEndpointResponse>> = {
  docs: { method: 'GET', path: '/docs' },
  openapi: { method: 'GET', path: '/openapi.json' },
};

const CONSOLE_ENDPOINT: Readonly<Record<string, CapabilitiesEndpointResponse>> = {
  console: { method: 'GET', path: '/console/' },
};

const MCP_ENDPOINT: Readonly<Record<string, CapabilitiesEndpointResponse>> = {
  mcp: { method: 'POST', path: '/mcp' },
};

/** The runtime that is reported without an upstream server. */
const NO_RUNTIME = {
  mode: 'history',
  tool_execution: 'none',
  split_runtime: false,
  description:
    'This server answers for the history. Agents run in a Hermes API server, which may stand behind it.',
};

/** Reports what this build can do with this history. */
@Injectable()
export class CapabilitiesService {
  constructor(
    private readonly health: StoreHealth,
    private readonly trash: SessionTrash,
    private readonly upstream: Upstream,
    private readonly settings: Settings,
  ) {}

  async describe(caller: Principal): Promise<CapabilitiesResponse> {
    const [store, offer] = await Promise.all([this.health.features(), this.upstream.offer()]);
    return {
      object: 'hermes.api_server.capabilities',
      platform: 'hermes-agent',
      version: VERSION,
      model: offer.model ?? USUAL_MODEL,
      runtime: offer.runtime ?? NO_RUNTIME,
      auth: { type: 'bearer', required: true, scopes: SCOPES.filter((scope) => mayUse(caller, scope)) },
      features: {
        // Features of a Hermes API server, which may be behind this one.
        chat_completions: false,
        responses_api: false,
        run_submission: false,
        ...offer.features,
        session_resources: true,
        session_fork: store.create,
        cors: this.settings.CORS_ORIGINS.length > 0,
        sessions_api: true,
        sessions_search: store.search,
        sessions_rename: store.rename,
        sessions_archive: store.archive,
        sessions_pin: store.pin,
        sessions_delete: store.delete,
        sessions_trash: store.delete && this.trash.isOn,
        sessions_bulk: store.archive || store.delete,
        sessions_prune: store.delete,
        sessions_stats: true,
        sessions_export: true,
        sessions_events: true,
        profiles: true,
        mcp: this.settings.MCP,
      },
      endpoints: this.#endpoints(offer),
    };
  }

  #endpoints(offer: UpstreamOffer): Readonly<Record<string, CapabilitiesEndpointResponse>> {
    const all = {
      ...offer.endpoints,
      ...ENDPOINTS,
      ...(this.settings.METRICS === 'off' ? {} : METRICS_ENDPOINT),
      ...(this.settings.DOCS ? DOCUMENT_ENDPOINTS : {}),
      ...(this.settings.CONSOLE ? CONSOLE_ENDPOINT : {}),
      ...(this.settings.MCP ? MCP_ENDPOINT : {}),
    };
    const base = this.settings.BASE_PATH;
    return Object.fromEntries(
      Object.entries(all).map(([name, { method, path }]) => [name, { method, path: `${base}${path}` }]),
    );
  }
}
