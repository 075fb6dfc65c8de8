import type { CriteriaSubject } from '../../src/sessions/prune/prune-criteria.js';
import type { PlannedSession, PruneSelection } from '../../src/sessions/prune/session-prune.js';

/** A session that a clean-up may delete. */
export type Candidate = PlannedSession & CriteriaSubject & { readonly storedMessages: number };

export const DAY = 86_400;

/** A session that by default ended on day 10. */
export function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  return {
    ...{ id, source: 'cli', userId: null, pinned: false },
    ...{ title: null, model: null, startedAt: 9 * DAY, messageCount: 2, toolCallCount: 0 },
    ...{ inputTokens: null, outputTokens: null, estimatedCost: null, actualCost: null },
    ...{ lastActiveAt: 10 * DAY, endedAt: 10 * DAY, endReason: 'user_exit', storedMessages: 2 },
    ...more,
  };
}

/** Selects sessions without activity since day 20. */
export const SELECTION: PruneSelection = {
  access: {},
  action: 'delete',
  lastActiveBefore: 20 * DAY,
  includeOpen: false,
  includePinned: false,
};
