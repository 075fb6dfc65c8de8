import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { formatInstant } from '../domain/instant.js';
import { accessWithin, isLimited, type HistoryName, type SessionAccess } from '../domain/access.js';
import { SessionReader } from '../sessions/session-reader.js';
import { StoreHealth, type ProfileStatus, type StoreReadiness } from '../sessions/store-health.js';
import { shippingWarning, type ShippingStatus } from '../sessions/shipping-status.js';
import type { ProfileListResponse, ProfileResponse, ShippingResponse } from './profile-list.response.js';

/** The profiles that a caller may see. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly health: StoreHealth,
    private readonly reader: SessionReader,
  ) {}

  /** The visible profiles, with the number of their visible conversations. */
  async list({ access }: Principal): Promise<ProfileListResponse> {
    const profiles = await this.health.profilesOf(access);
    const data = await Promise.all(profiles.map((profile) => this.#describe(profile, access)));
    return { object: 'list', data, total: data.length, has_more: false };
  }

  /** Whether several profiles are visible, which may contain the same session id. */
  async areSeveral({ access }: Principal): Promise<boolean> {
    return (await this.reader.profileNames(access)).length > 1;
  }

  async #describe(profile: ProfileStatus, access: SessionAccess): Promise<ProfileResponse> {
    const { name, origin, isDefault, readiness } = profile;
    const shipping = isLimited(access) || profile.shipping === null ? null : toShipping(profile.shipping);
    const common = { name, origin, object: 'hermes.profile', is_default: isDefault, shipping } as const;
    if (!readiness.ready) {
      const status = readiness.building ? 'building' : 'unavailable';
      return { ...common, status, reason: reasonFor(readiness, access), conversations: null };
    }
    return {
      ...common,
      status: 'ready',
      reason: null,
      conversations: await this.#count({ profile: name, origin }, access),
    };
  }

  /** Null if the history fails after its readiness was checked. */
  async #count(history: HistoryName, access: SessionAccess): Promise<number | null> {
    try {
      const { total } = await this.reader.list({
        filter: { access: accessWithin(access, history), archived: 'any', includeChildren: false },
        sort: '-last_active_at',
        limit: 1,
        start: { offset: 0 },
      });
      return total;
    } catch {
      return null;
    }
  }
}

function toShipping(status: ShippingStatus): ShippingResponse {
  return {
    in_step_at: formatInstant(status.inStepAt),
    compared_at: formatInstant(status.comparedAt),
    held_sessions: status.heldSessions,
    warning: shippingWarning(status),
  };
}

/** Why a history is not served, with its progress for callers who may see all its sessions. */
function reasonFor(
  { reason, progress }: StoreReadiness & { readonly ready: false },
  access: SessionAccess,
): string {
  if (progress === null || isLimited(access)) return reason;
  return `${reason} ${progress.done} of ${progress.total} sessions are in it.`;
}
