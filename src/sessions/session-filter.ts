import { accessWithin, type HistorySelection, type SessionAccess } from './session-access.js';

/** What lists, events, statistics and exports select by; an absent filter selects all. Times are epoch seconds. */
export interface SessionCriteria {
  /** Whose eyes it is for; of a compression chain every member must be theirs. */
  readonly access: SessionAccess;
  readonly platforms?: readonly string[];
  /** Started at or after this time, and before this one. What has no known start is in no such range. */
  readonly since?: number;
  readonly until?: number;
  readonly title?: string;
  readonly userId?: string;
  readonly model?: string;
}

/** Whether archived sessions are left out, selected alone, or selected with the others. */
export type ArchiveRule = 'false' | 'true' | 'any';

/** The same as whoever asks names it. */
export interface RequestedCriteria extends HistorySelection {
  readonly platform?: readonly string[];
  readonly since?: number;
  readonly until?: number;
  readonly title?: string;
  readonly user_id?: string;
  readonly model?: string;
}

/** What is asked for, of what somebody may know of. */
export function criteriaOf(requested: RequestedCriteria, access: SessionAccess): SessionCriteria {
  const { platform: platforms, user_id: userId, since, until, title, model } = requested;
  return { access: accessWithin(access, requested), platforms, since, until, title, userId, model };
}

/** What filters look at in a session, or in a conversation. */
export interface FilterSubject {
  readonly platform: string;
  readonly userId: string | null;
  readonly model: string | null;
  readonly title: string | null;
  readonly startedAt: number | null;
  readonly archived: boolean;
}

/** The first and the last start that criteria select, the last one excluded; undefined where they ask for none. */
export function startsOf({
  since,
  until,
}: Pick<SessionCriteria, 'since' | 'until'>): readonly [from: number, to: number | undefined] | undefined {
  return since === undefined && until === undefined ? undefined : [Math.max(0, since ?? 0), until];
}

/**
 * How far sessions are selected by when they began, of which the first and the last are known. A start that is not known is less than 0,
 * and selected only where no times are asked for.
 */
export function selectionAmong(
  criteria: Pick<SessionCriteria, 'since' | 'until'>,
  { first, last }: { readonly first: number; readonly last: number },
): 'all' | 'some' | 'none' {
  const starts = startsOf(criteria);
  if (starts === undefined) return 'all';
  const [from, to = Infinity] = starts;
  if (last < from || first >= to) return 'none';
  return first >= from && last < to ? 'all' : 'some';
}

/** Whether a session, or a conversation, that somebody may know of is one that is asked for. */
export function isAskedFor(
  criteria: SessionCriteria & { readonly archived: ArchiveRule },
  { platform, userId, model, title, startedAt, archived }: FilterSubject,
): boolean {
  if (criteria.archived !== 'any' && archived !== (criteria.archived === 'true')) return false;
  if (criteria.platforms !== undefined && !criteria.platforms.includes(platform)) return false;
  if (criteria.userId !== undefined && criteria.userId !== userId) return false;
  if (criteria.model !== undefined && criteria.model !== model) return false;
  if (criteria.title !== undefined && criteria.title !== title) return false;
  const starts = startsOf(criteria);
  if (starts === undefined) return true;
  const [from, to = Infinity] = starts;
  return startedAt !== null && startedAt >= from && startedAt < to;
}
