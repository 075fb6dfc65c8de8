import { ApiError } from '../../http/errors.js';
import type { PruneSessionsBody } from '../dto/prune-sessions.body.js';
import { accessWithin, type SessionAccess } from '../../domain/access.js';
import type { PruneSelection } from './session-prune.js';

/** Seconds per unit of `older_than`. */
const AGES: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800 };

/**
 * The selection of a prune request; if it names two ages, the older one counts.
 * @param access the caller's access.
 * @param now epoch seconds, from which `older_than` counts.
 * @throws {ApiError} `empty_selection`
 */
export function selectionOf(body: PruneSessionsBody, access: SessionAccess, now: number): PruneSelection {
  const {
    platform,
    older_than: age,
    last_active_before: before,
    max_messages: maxMessages,
    titled,
    archived,
  } = body;
  if ([platform, age, before, maxMessages, titled, archived].every((criterion) => criterion === undefined))
    throw new ApiError('empty_selection');
  const cutoffs = [
    ...(age === undefined ? [] : [now - Number(age.slice(0, -1)) * (AGES[age.slice(-1)] ?? 0)]),
    ...(before === undefined ? [] : [before]),
  ];
  return {
    access: accessWithin(access, body),
    action: body.action ?? 'delete',
    platforms: platform,
    lastActiveBefore: cutoffs.length === 0 ? undefined : Math.min(...cutoffs),
    maxMessages,
    titled,
    archived,
    includeOpen: body.include_open ?? false,
    includePinned: body.include_pinned ?? false,
  };
}
