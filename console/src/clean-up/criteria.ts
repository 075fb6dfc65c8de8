import type { PruneSessionsBody } from '@hermes-sessions/client';

/** Whether a property is required, excluded or ignored. */
type Choice = 'yes' | 'no' | 'either';

/** The values of the form; an empty text disables a criterion. */
export interface Criteria {
  readonly action: 'archive' | 'delete';
  /** A number for `unit`: the minimum time without activity. */
  readonly age: string;
  readonly unit: 'h' | 'd' | 'w';
  /** A day without any activity since. */
  readonly before: string;
  readonly platforms: readonly string[];
  readonly profiles: readonly string[];
  readonly origins: readonly string[];
  readonly maxMessages: string;
  readonly titled: Choice;
  readonly archived: Choice;
  readonly includeOpen: boolean;
  readonly includePinned: boolean;
}

/** The initial values: no activity for three months. Deletion is limited to archived conversations. */
export function usualCriteria(action: Criteria['action']): Criteria {
  return {
    action,
    age: '90',
    unit: 'd',
    before: '',
    platforms: [],
    profiles: [],
    origins: [],
    maxMessages: '',
    titled: 'either',
    archived: action === 'delete' ? 'yes' : 'no',
    includeOpen: false,
    includePinned: false,
  };
}

/** The request to the server. Days begin at local midnight. */
export function toPruneBody(criteria: Criteria, keepsDeleted: boolean): PruneSessionsBody {
  const { action, age, unit, before, platforms, profiles, origins, maxMessages, titled, archived } = criteria;
  return {
    action,
    ...(action === 'delete' && keepsDeleted ? { trash: true } : {}),
    ...(age === '' ? {} : { older_than: `${age}${unit}` }),
    ...(before === '' ? {} : { last_active_before: new Date(`${before}T00:00`).toISOString() }),
    ...(platforms.length === 0 ? {} : { platform: [...platforms] }),
    ...(profiles.length === 0 ? {} : { profile: [...profiles] }),
    ...(origins.length === 0 ? {} : { origin: [...origins] }),
    ...(maxMessages === '' ? {} : { max_messages: Number(maxMessages) }),
    ...(titled === 'either' ? {} : { titled: titled === 'yes' }),
    ...(archived === 'either' ? {} : { archived: archived === 'yes' }),
    ...(criteria.includeOpen ? { include_open: true } : {}),
    ...(criteria.includePinned ? { include_pinned: true } : {}),
  };
}
