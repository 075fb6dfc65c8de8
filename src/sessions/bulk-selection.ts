import { createHash } from 'node:crypto';
import type { Session } from '../domain/session.js';
import { ApiError } from '../http/errors.js';
import type { SessionAddressQuery } from './dto/session-address.query.js';
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

/** Where a conversation stands among those that are changed one after the other, by which it can be told without being there any more. */
interface ChangePlace {
  /** Its history and its id, each by the beginning of a hash. */
  readonly history: string;
  readonly startedAt: number;
  readonly id: string;
}

/** What a plan says by itself, beside which conversations it is of. */
export interface ReadPlan {
  /** When the youngest of them began, in epoch seconds: what begins later is none of them. */
  readonly youngest: number;
  /** Behind which place it goes on: what could not be changed before it is not tried again. */
  readonly behind?: ChangePlace;
}

/** In the order in which they are changed: history by history, the youngest first, as `youngestFirst` has them. */
export function inOrderOfChange(sessions: readonly Session[]): readonly Session[] {
  const places = new Map(sessions.map((session) => [session, placeOf(session)]));
  return [...sessions].sort((a, b) => {
    const [first, second] = [places.get(a), places.get(b)];
    return first === undefined || second === undefined ? 0 : comparePlaces(first, second);
  });
}

/** Whether a conversation is still to be changed by a plan that was read. */
export function isMeant(session: Session, { youngest, behind }: ReadPlan): boolean {
  if ((session.startedAt ?? 0) > youngest) return false;
  return behind === undefined || comparePlaces(placeOf(session), behind) > 0;
}

/**
 * A word that names what an action would do to these conversations, and when the youngest of them began. Who deletes has seen their newest
 * messages as well.
 * @param last the one behind which it goes on; undefined where it begins.
 */
export function bulkPlan(action: BulkAction, sessions: readonly Session[], last?: Session): string {
  const youngest = sessions.reduce((latest, { startedAt }) => Math.max(latest, startedAt ?? 0), 0);
  const hash = createHash('sha256').update(action);
  for (const { origin, profile, rootId, lastActiveAt } of sessions)
    hash.update(JSON.stringify([origin, profile, rootId, action === 'delete' ? lastActiveAt : null]));
  const { history, startedAt, id } = last === undefined ? {} : placeOf(last);
  const behind = last === undefined ? '' : `,${history},${startedAt},${id}`;
  return `${hash.digest('base64url').slice(0, 32)}.${youngest}${behind}`;
}

/** Whether a plan is that of some conversations, wherever it goes on. */
export function isPlanOf(plan: string, whole: string): boolean {
  return plan.split(',')[0] === whole;
}

/** What a plan says by itself; undefined for a text that is no plan. */
export function readPlan(plan: string): ReadPlan | undefined {
  const number = String.raw`\d[\d.e+-]*`;
  const form = new RegExp(`^[\\w-]{32}\\.(${number})(?:,([\\w-]{8}),(${number}),([\\w-]{8}))?$`);
  const [, youngest, history, startedAt, id] = form.exec(plan) ?? [];
  if (youngest === undefined || !Number.isFinite(Number(youngest))) return undefined;
  if (history === undefined || id === undefined) return { youngest: Number(youngest) };
  return { youngest: Number(youngest), behind: { history, startedAt: Number(startedAt), id } };
}

function placeOf({ origin, profile, startedAt, rootId }: Session): ChangePlace {
  return { history: shortHash([origin, profile]), startedAt: startedAt ?? 0, id: shortHash(rootId) };
}

function comparePlaces(a: ChangePlace, b: ChangePlace): number {
  return compareTexts(a.history, b.history) || b.startedAt - a.startedAt || compareTexts(a.id, b.id);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 8);
}

/** The first conversations that are in one history: one request names ids of one. @param most of them. */
export function firstOfOneHistory(sessions: readonly Session[], most: number): readonly Session[] {
  const [first] = sessions;
  if (first === undefined) return [];
  return sessions
    .filter(({ origin, profile }) => origin === first.origin && profile === first.profile)
    .slice(0, most);
}

/** The plan that a change needs which is no dry run. @throws {ApiError} `invalid_parameter` */
export function requirePlan(plan: string | undefined): string {
  if (plan !== undefined) return plan;
  throw new ApiError('invalid_parameter', {
    param: 'plan',
    message: 'dry_run=false needs the plan of a dry run.',
  });
}

/** Where a conversation is, as requests say it. */
export function historyOf({ profile, origin }: Pick<Session, 'profile' | 'origin'>): SessionAddressQuery {
  return { profile, ...(origin === null ? {} : { origin }) };
}
