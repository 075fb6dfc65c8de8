import { knownIds, toOutcome } from '../bulk/bulk-outcomes.js';
import type { PruneSessionsResponse } from '../dto/prune-sessions.response.js';
import { newest } from '../lineage/lineage.js';
import type { PlannedSession, PrunePlan, PruneSelection } from './session-prune.js';

/** Most conversations, delegates, and sessions left to Hermes that an answer names. */
const NAMED = 20;

/** The answer to a dry run. */
export function toDryRun(plan: PrunePlan, selection: PruneSelection): PruneSessionsResponse {
  const { conversations: count, messages, estimatedBytes, delegates } = plan.totals;
  return {
    ...toPruneResponse(plan, plan.conversations, selection, {
      dry_run: true,
      count,
      messages,
      estimated_bytes: estimatedBytes,
      delegates,
    }),
    plan: plan.token,
    failed: plan.leftToHermes.slice(0, NAMED).map((outcome) => toOutcome(outcome, selection.access)),
  };
}

/** The answer to a run that pruned these conversations of a plan, without the plan for the rest. */
export function toPruned(
  gone: PrunePlan['conversations'],
  plan: PrunePlan,
  selection: PruneSelection,
): Omit<PruneSessionsResponse, 'plan'> {
  const messages = gone.reduce((sum, conversation) => sum + conversation.messages, 0);
  const { totals } = plan;
  return toPruneResponse(plan, gone, selection, {
    dry_run: false,
    count: gone.length,
    messages,
    delegates: delegatesOf(gone).size,
    estimated_bytes: Math.round((totals.estimatedBytes * messages) / Math.max(1, totals.messages)),
  });
}

/** The figures of an answer. */
type PruneFigures = Pick<
  PruneSessionsResponse,
  'dry_run' | 'count' | 'messages' | 'estimated_bytes' | 'delegates'
>;

/** The common part of answers about conversations of a plan; the figures are given, because only some conversations are named. */
function toPruneResponse(
  { unavailableProfiles }: PrunePlan,
  conversations: PrunePlan['conversations'],
  { access, action }: PruneSelection,
  figures: PruneFigures,
): Omit<PruneSessionsResponse, 'plan'> {
  const named = oldestFirst(conversations).slice(0, NAMED);
  return {
    object: 'hermes.session.prune',
    action,
    ...figures,
    ids: named.map(({ id }) => id),
    conversations: named.map(({ id, profile, origin }) => ({ id, profile, origin })),
    delegate_ids: knownIds([...delegatesOf(conversations).values()], access).slice(0, NAMED),
    remaining: 0,
    failed: [],
    ...(unavailableProfiles.length === 0 ? {} : { unavailable_profiles: unavailableProfiles }),
  };
}

/** Sorted by newest activity, because the plan lists one history after the other, and the trash deletes the youngest first. */
function oldestFirst(conversations: PrunePlan['conversations']): PrunePlan['conversations'] {
  return conversations
    .map((conversation) => {
      const activities = conversation.members.map(({ lastActiveAt }) => lastActiveAt);
      return { conversation, lastActiveAt: newest(activities) ?? 0 };
    })
    .toSorted((one, other) => one.lastActiveAt - other.lastActiveAt)
    .map(({ conversation }) => conversation);
}

/** The distinct delegates of some conversations: one may have worked for several, and two histories may have the same id. */
function delegatesOf(conversations: PrunePlan['conversations']): ReadonlyMap<string, PlannedSession> {
  return new Map(
    conversations.flatMap(({ profile, origin, delegates }) =>
      delegates.map((session) => [JSON.stringify([origin, profile, session.id]), session]),
    ),
  );
}
