import type { ListQuery } from '@hermes-sessions/client';
import type { View } from '../view/view.js';
import { understand } from './search-words.js';

/** The list query of a view. */
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

/** Local midnight of a day. An invalid day is passed on, so that the server reports it. @param later days to add. */
export function instantOf(day: string, later = 0): string {
  const begin = new Date(`${day}T00:00`);
  begin.setDate(begin.getDate() + later);
  // A day begins at one o'clock if clocks go forward at midnight. Without this, days added to it would begin at one as well.
  begin.setHours(0, 0);
  return Number.isNaN(begin.getTime()) ? day : begin.toISOString();
}
