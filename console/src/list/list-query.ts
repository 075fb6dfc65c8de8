import type { ListQuery } from '@hermes-sessions/client';
import type { View } from '../view/view.js';
import { understand } from './search-words.js';

/** What a list of a view is asked for with. */
export function toQuery(view: View): ListQuery {
  const search = understand(view.search).query;
  return {
    archived: view.archived,
    include_children: view.children,
    ...(search === '' ? {} : { search }),
    ...(view.platform === '' ? {} : { platform: view.platform.split(',') }),
    ...(view.model === '' ? {} : { model: view.model }),
    ...(view.profile === '' ? {} : { profile: [view.profile] }),
    ...(view.user === '' ? {} : { user_id: view.user }),
    ...(view.since === '' ? {} : { since: instantOf(view.since) }),
    ...(view.until === '' ? {} : { until: instantOf(view.until) }),
    ...(view.pinned ? { pinned: true } : {}),
    ...(view.sort === undefined ? {} : { sort: view.sort }),
  };
}

/** When a day begins where the reader is. What is no day is left to the server, which says so. @param later days after it. */
export function instantOf(day: string, later = 0): string {
  const begin = new Date(`${day}T00:00`);
  begin.setDate(begin.getDate() + later);
  // A day may begin at one o'clock, where clocks go forward at midnight; those after it do not.
  begin.setHours(0, 0);
  return Number.isNaN(begin.getTime()) ? day : begin.toISOString();
}
