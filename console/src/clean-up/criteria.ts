import type { PruneSessionsBody } from '@hermes-sessions/client';

/** Whether something has to be so, must not be so, or may be either. */
type Choice = 'yes' | 'no' | 'either';

/** What a clean-up takes, as its form has it: an empty text leaves a criterion out. */
export interface Criteria {
  readonly action: 'archive' | 'delete';
  /** A number and its unit: without activity for so long. */
  readonly age: string;
  readonly unit: 'h' | 'd' | 'w';
  /** A day since which nothing has happened. */
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

/** What a form begins with: what nothing has happened in for three months; of that only what is archived is deleted. */
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

/** What the server is asked for. Days begin where the reader is. */
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
