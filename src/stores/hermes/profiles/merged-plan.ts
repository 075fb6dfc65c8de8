import type { PrunePlan } from '../../../sessions/session-prune.js';

/** What would be pruned in several profiles, one after the other. */
export function mergePlans(plans: readonly PrunePlan[]): PrunePlan {
  return {
    conversations: plans.flatMap(({ conversations }) => conversations),
    messages: plans.reduce((sum, { messages }) => sum + messages, 0),
    estimatedBytes: plans.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0),
    unavailableProfiles: [],
  };
}

/** The part of a plan that concerns one profile. */
export function planOf(plan: PrunePlan, profile: string): PrunePlan {
  const conversations = plan.conversations.filter((conversation) => conversation.profile === profile);
  return { ...plan, conversations };
}
