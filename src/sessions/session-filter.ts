import { accessWithin, type HistorySelection, type SessionAccess } from '../domain/access.js';

/** The criteria that lists, events, statistics and exports share; an absent one selects all. Times are epoch seconds. */
export interface SessionCriteria {
  /** The caller's access; of a compression chain every member must be visible. */
  readonly access: SessionAccess;
  readonly platforms?: readonly string[];
  /** Started at or after this time, and before that one. Sessions without a known start are in no such range. */
  readonly since?: number;
  readonly until?: number;
  readonly title?: string;
  readonly userId?: string;
  readonly model?: string;
}

/** Whether archived sessions are excluded, selected alone, or selected with the others. */
export const ARCHIVE_RULES = ['false', 'true', 'any'] as const;

export type ArchiveRule = (typeof ARCHIVE_RULES)[number];

/** The same criteria as named in requests. */
export interface RequestedCriteria extends HistorySelection {
  readonly platform?: readonly string[];
  readonly since?: number;
  readonly until?: number;
  readonly title?: string;
  readonly user_id?: string;
  readonly model?: string;
}

/** The requested criteria within the caller's access. */
export function criteriaOf(requested: RequestedCriteria, access: SessionAccess): SessionCriteria {
  const { platform: platforms, user_id: userId, since, until, title, model } = requested;
  return { access: accessWithin(access, requested), platforms, since, until, title, userId, model };
}

/** The properties of a session or conversation that filters compare. */
export interface FilterSubject {
  readonly platform: string;
  readonly userId: string | null;
  readonly model: string | null;
  /** The titles of all its sessions. */
  readonly titles: readonly (string | null)[];
  readonly startedAt: number | null;
  readonly archived: boolean;
}

/** The range of starts that criteria select, the end excluded; undefined if they do not restrict it. */
export function startsOf({
  since,
  until,
}: Pick<SessionCriteria, 'since' | 'until'>): readonly [from: number, to: number | undefined] | undefined {
  return since === undefined && until === undefined ? undefined : [Math.max(0, since ?? 0), until];
}

/**
 * How many of some sessions the time criteria select, given their first and last start. An unknown start is negative, and selected only
 * without time criteria.
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

/** Whether a visible session or conversation satisfies criteria. */
export function isAskedFor(
  criteria: SessionCriteria & { readonly archived: ArchiveRule },
  { platform, userId, model, titles, startedAt, archived }: FilterSubject,
): boolean {
  if (criteria.archived !== 'any' && archived !== (criteria.archived === 'true')) return false;
  if (criteria.platforms !== undefined && !criteria.platforms.includes(platform)) return false;
  if (criteria.userId !== undefined && criteria.userId !== userId) return false;
  if (criteria.model !== undefined && criteria.model !== model) return false;
  if (criteria.title !== undefined && !titles.includes(criteria.title)) return false;
  const starts = startsOf(criteria);
  if (starts === undefined) return true;
  const [from, to = Infinity] = starts;
  return startedAt !== null && startedAt >= from && startedAt < to;
}
