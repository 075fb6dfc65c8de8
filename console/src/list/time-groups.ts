import type { SessionResponse } from '@hermes-sessions/client';
import type { View } from '../view/view.js';
import { formats, texts } from '../language/language.js';

/** Days in a week. */
const WEEK = 7;

/** The group of a conversation in the list; undefined if the list is not sorted by time. */
export function groupOf(
  session: SessionResponse,
  view: View,
  isPinned: boolean,
  now: Date,
): string | undefined {
  if (isPinned) return texts().groups.pinned;
  if (view.search !== '' && view.sort === undefined) return undefined;
  const time = view.sort?.endsWith('started_at') === true ? session.started_at : session.last_active_at;
  return time === null ? texts().groups.unknown : periodOf(new Date(time), now);
}

/** The period of a time relative to now: a day, the last days, or a month. */
export function periodOf(time: Date, now: Date): string {
  const days = dayOf(now) - dayOf(time);
  if (days <= 0) return texts().groups.today;
  if (days === 1) return texts().groups.yesterday;
  if (days < WEEK) return texts().groups.week;
  return formats().month(time);
}

/** The number of a local calendar day. */
function dayOf(time: Date): number {
  return Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / 86_400_000;
}
