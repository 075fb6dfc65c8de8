import { createHash } from 'node:crypto';
import type { Session } from '../domain/session.js';
import type { BulkAction } from './session-bulk.js';

/** Whether an action would change a conversation: what is archived already is not archived. */
export function isChangedBy(action: BulkAction, { archived, pinned }: Session): boolean {
  switch (action) {
    case 'archive':
      return !archived;
    case 'unarchive':
      return archived;
    case 'pin':
      return !pinned;
    case 'unpin':
      return pinned;
    case 'delete':
      return true;
  }
}

/** What takes an action back; nothing brings back what was deleted. */
const REVERSE: Readonly<Record<Exclude<BulkAction, 'delete'>, BulkAction>> = {
  archive: 'unarchive',
  unarchive: 'archive',
  pin: 'unpin',
  unpin: 'pin',
};

export function reverseOf(action: BulkAction): BulkAction | undefined {
  return action === 'delete' ? undefined : REVERSE[action];
}

/**
 * A word that names what an action would do to these conversations, and when the youngest of them began: what begins later is none
 * of them. Who deletes has seen their newest messages as well.
 */
export function bulkPlan(action: BulkAction, sessions: readonly Session[]): string {
  const youngest = sessions.reduce((latest, { startedAt }) => Math.max(latest, startedAt ?? 0), 0);
  const hash = createHash('sha256').update(action);
  for (const { origin, profile, rootId, lastActiveAt } of sessions)
    hash.update(JSON.stringify([origin, profile, rootId, action === 'delete' ? lastActiveAt : null]));
  return `${hash.digest('base64url').slice(0, 32)}.${youngest}`;
}

/** When the youngest conversation of a plan began, in epoch seconds; undefined for a text that is no plan. */
export function youngestOf(plan: string): number | undefined {
  const seconds = Number(/^[\w-]{32}\.([\d.e+]+)$/.exec(plan)?.[1] ?? NaN);
  return Number.isNaN(seconds) ? undefined : seconds;
}

/** The first conversations that are in one history: one request names ids of one. @param most of them. */
export function firstOfOneHistory(sessions: readonly Session[], most: number): readonly Session[] {
  const [first] = sessions;
  if (first === undefined) return [];
  return sessions
    .filter(({ origin, profile }) => origin === first.origin && profile === first.profile)
    .slice(0, most);
}
