import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { Settings } from '../../config/settings.js';
import { VERSION } from '../../config/version.js';
import { isWhole, type SessionAccess } from '../../domain/access.js';
import { ProfileScope } from '../profile-scope.js';
import type { DashboardObject } from './dashboard.presenter.js';

/** The dashboard's answers about the server and its profiles. */
@Injectable()
export class ServerStatusService {
  constructor(
    private readonly scope: ProfileScope,
    private readonly settings: Settings,
  ) {}

  /** The status of a server without a gateway. Without a key it reveals nothing of the history. */
  async status(caller: Principal | undefined): Promise<DashboardObject> {
    const profiles = caller === undefined ? [] : (await this.scope.all(caller.access)).each;
    const home = caller === undefined ? '' : this.#homeFor(caller.access);
    return {
      version: VERSION,
      release_date: null,
      config_version: null,
      latest_config_version: null,
      can_update_hermes: false,
      gateway_running: false,
      gateway_state: null,
      gateway_platforms: {},
      gateway_exit_reason: null,
      gateway_updated_at: null,
      active_agents: 0,
      gateway_busy: false,
      gateway_drainable: false,
      restart_drain_timeout: 0,
      active_sessions: 0,
      auth_required: false,
      auth_providers: [],
      auth_flows: [],
      nous_session_valid: 'unknown',
      overall: 'degraded',
      components: {
        gateway: { status: 'degraded', state: 'stopped' },
        dashboard: { status: 'ok', recent_unhandled_errors: 0, last_error_at: null, selftest: 'unknown' },
        storage: { status: 'ok' },
        platforms: { status: 'ok', configured: 0, connected: 0 },
      },
      memory: {
        pressure: 'unknown',
        gateway_rss_mb: null,
        system_total_mb: null,
        system_available_mb: null,
        swap_used_mb: null,
        sampled_at: null,
        last_boot_unclean: false,
        last_boot_suspected_oom: false,
        boot_id: null,
      },
      disk: { pressure: 'unknown', total_mb: null, free_mb: null, used_percent: null },
      profiles: profiles.map(({ name }) => name),
      gateway_mode: 'none',
      hermes_home: home,
      config_path: join(home, 'config.yaml'),
      env_path: join(home, '.env'),
      gateway_pid: null,
      gateway_health_url: null,
      gateways: [],
    };
  }

  /** The profiles that the caller may see. */
  async profiles({ access }: Principal): Promise<DashboardObject> {
    const { each: profiles } = await this.scope.all(access);
    const home = this.#homeFor(access);
    return {
      profiles: profiles.map(({ name }) => ({
        name,
        path: name === 'default' ? home : join(home, 'profiles', name),
        is_default: name === 'default',
        model: null,
        provider: null,
        has_env: false,
        skill_count: 0,
        gateway_running: false,
        description: '',
        description_auto: false,
        distribution_name: null,
        distribution_version: null,
        distribution_source: null,
        has_alias: false,
      })),
    };
  }

  /** Hermes's folder is shown only to callers with access to everything. */
  #homeFor(access: SessionAccess): string {
    return isWhole(access) && this.settings.DATABASE_URL === '' ? this.settings.HERMES_HOME : '';
  }
}
