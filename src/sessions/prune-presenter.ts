import { knownIds, toOutcome } from './bulk-outcomes.js';
import type { PruneSessionsResponse } from './dto/prune-sessions.response.js';
import { newest } from './lineage/lineage.js';
import type { PlannedSession, PrunePlan, PruneSelection } from './session-prune.js';

/** How many of the conversations that would go are named, of the delegates, and of what is left to Hermes. */
const NAMED = 20;

/** The answer of a dry run. */
export function toDryRun(plan: PrunePlan, selection: PruneSelection): PruneSessionsResponse {
  const { conversations: count, messages, estimatedBytes, delegates } = plan.totals;
  return {
    ...toPruneResponse(plan, plan.conversations, selection, {
      ...{ dry_run: true, count, messages, estimated_bytes: estimatedBytes, delegates },
    }),
    plan: plan.token,
    failed: plan.leftToHermes.slice(0, NAMED).map((outcome) => toOutcome(outcome, selection.access)),
  };
}

/** The answer of a run that took these conversations of a plan, but for what is left. */
export function toPruned(
  gone: PrunePlan['conversations'],
  plan: PrunePlan,
  selection: PruneSelection,
): Omit<PruneSessionsResponse, 'plan'> {
  const messages = gone.reduce((sum, conversation) => sum + conversation.messages, 0);
  const { totals } = plan;
  return toPruneResponse(plan, gone, selection, {
    ...{ dry_run: false, count: gone.length, messages, delegates: delegatesOf(gone).size },
    estimated_bytes: Math.round((totals.estimatedBytes * messages) / Math.max(1, totals.messages)),
  });
}

/** How much an answer is about. */
type PruneFigures = Pick<
  PruneSessionsResponse,
  'dry_run' | 'count' | 'messages' | 'estimated_bytes' | 'delegates'
>;

/** What every answer about a plan tells of some of its conversations: first how many, for it can name many. */
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

/** By their newest activity: several histories are planned one after the other, and the trash takes the youngest first. */
function oldestFirst(conversations: PrunePlan['conversations']): PrunePlan['conversations'] {
  return conversations
    .map((conversation) => {
      const activities = conversation.members.map(({ lastActiveAt }) => lastActiveAt);
      return { conversation, lastActiveAt: newest(activities) ?? 0 };
    })
    .toSorted((one, other) => one.lastActiveAt - other.lastActiveAt)
    .map(({ conversation }) => conversation);
}

/** Each delegate of some conversations once: one can have worked for several, and two histories can have the same id. */
function delegatesOf(conversations: PrunePlan['conversations']): ReadonlyMap<string, PlannedSession> {
  return new Map(
    conversations.flatMap(({ profile, origin, delegates }) =>
      delegates.map((session) => [JSON.stringify([origin, profile, session.id]), session]),
    ),
  );
}
