import { createHash } from 'node:crypto';
import type { Session } from '../../domain/session.js';
import { ApiError } from '../../http/errors.js';
import type { BulkAction } from './session-bulk.js';

/** Whether an action would change a conversation: archiving, for example, does not change an archived one. */
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

/** The action that undoes an action; a deletion cannot be undone. */
const REVERSE: Readonly<Record<Exclude<BulkAction, 'delete'>, BulkAction>> = {
  archive: 'unarchive',
  unarchive: 'archive',
  pin: 'unpin',
  unpin: 'pin',
};

export function reverseOf(action: BulkAction): BulkAction | undefined {
  return action === 'delete' ? undefined : REVERSE[action];
}

/** The position of a conversation in the order of changes, which can be compared after the conversation is gone. */
interface ChangePlace {
  /** Its history and its id, each as a prefix of a hash. */
  readonly history: string;
  readonly startedAt: number;
  readonly id: string;
}

/** The contents of a plan token besides the digest of its conversations. */
export interface ReadPlan {
  /** Start of the youngest conversation, in epoch seconds: later ones are not included. */
  readonly youngest: number;
  /** The position to continue after: conversations before it that could not be changed are not retried. */
  readonly behind?: ChangePlace;
}

/** Sorts conversations into the order of changes: by history, youngest first, as `youngestFirst` does. */
export function inOrderOfChange(sessions: readonly Session[]): readonly Session[] {
  const places = new Map(sessions.map((session) => [session, placeOf(session)]));
  return [...sessions].sort((a, b) => {
    const [first, second] = [places.get(a), places.get(b)];
    return first === undefined || second === undefined ? 0 : comparePlaces(first, second);
  });
}

/** Whether a conversation is still to be changed by a plan. */
export function isMeant(session: Session, { youngest, behind }: ReadPlan): boolean {
  if ((session.startedAt ?? 0) > youngest) return false;
  return behind === undefined || comparePlaces(placeOf(session), behind) > 0;
}

/**
 * A plan token: a digest of an action and its conversations, and the start of the youngest. For a deletion the digest includes their
 * newest activity.
 * @param last the conversation to continue after; undefined at the beginning.
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

/** Whether a plan token belongs to some conversations, wherever it continues. */
export function isPlanOf(plan: string, whole: string): boolean {
  return plan.split(',')[0] === whole;
}

/** Parses a plan token; undefined for any other text. */
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

/** The first conversations that share one history, because a request names ids of one. @param most how many. */
export function firstOfOneHistory(sessions: readonly Session[], most: number): readonly Session[] {
  const [first] = sessions;
  if (first === undefined) return [];
  return sessions
    .filter(({ origin, profile }) => origin === first.origin && profile === first.profile)
    .slice(0, most);
}

/** Requires the plan that a request without `dry_run` needs. @throws {ApiError} `invalid_parameter` */
export function requirePlan(plan: string | undefined): string {
  if (plan !== undefined) return plan;
  throw new ApiError('invalid_parameter', {
    param: 'plan',
    message: 'dry_run=false needs the plan of a dry run.',
  });
}
