import { createHash, type Hash } from 'node:crypto';
import { newest, oldest } from '../lineage/lineage.js';
import type { CriteriaConversation } from './prune-criteria.js';
import { PrunePlanning, type DelegateSource, type PruneCandidate } from './prune-rules.js';
import type { HistoryName } from '../../domain/access.js';
import {
  MOST_PLANNED,
  type PlannedConversation,
  type PlanTotals,
  type PrunePlan,
  type PruneSelection,
  type TimeSpan,
} from './session-prune.js';

/** What a plan needs of a history. */
export interface HistoryToPrune<Name extends HistoryName> {
  readonly name: Name;
  /** The size of its file in bytes, and its number of messages of any kind. */
  readonly size: { readonly bytes: number; readonly messages: number };
}

/** Builds a prune plan from one conversation after the other, in the order of the plan, and keeps only as much of them as it needs. */
export class PlanDraft<Name extends HistoryName> {
  readonly #parts = new Map<HistoryToPrune<Name>, { readonly planning: PrunePlanning; messages: number }>();
  readonly #first: (PlannedConversation & Name)[] = [];
  readonly #hash = createHash('sha256');
  #conversations = 0;
  #members = 0;
  #activity = NO_TIME;
  #starts = NO_TIME;

  /** @param most how many conversations are kept. */
  constructor(
    private readonly selection: PruneSelection,
    private readonly most = MOST_PLANNED,
  ) {
    this.#hash.update(selection.action);
  }

  /**
   * Adds a conversation that satisfies the SQL criteria, unless a rule spares it.
   * @param history the same object for all conversations of a history.
   */
  add<S extends PruneCandidate>(
    conversation: CriteriaConversation<S>,
    history: HistoryToPrune<Name>,
    delegates: DelegateSource<S>,
  ): void {
    const part = this.#parts.get(history) ?? { planning: new PrunePlanning(this.selection), messages: 0 };
    this.#parts.set(history, part);
    const going = part.planning.take(conversation, delegates);
    if (going === undefined) return;
    part.messages += going.messages;
    this.#count({ id: conversation.tip.id, ...history.name, ...going });
  }

  #count(planned: PlannedConversation & Name): void {
    const { shown, ...going } = planned;
    this.#hash.update(JSON.stringify(going));
    if (this.#first.length < this.most) this.#first.push(planned);
    this.#conversations++;
    this.#members += planned.members.length;
    this.#activity = spanOf([this.#activity, { earliest: shown.lastActiveAt, latest: shown.lastActiveAt }]);
    this.#starts = spanOf([this.#starts, { earliest: shown.startedAt, latest: shown.startedAt }]);
  }

  /** The plan of everything added; nothing can be added afterwards. */
  finish(): PrunePlan & { readonly conversations: readonly (PlannedConversation & Name)[] } {
    const parts = [...this.#parts];
    const sum = (of: (part: (typeof parts)[number]) => number): number =>
      parts.reduce((total, part) => total + of(part), 0);
    return {
      conversations: this.#first,
      totals: {
        conversations: this.#conversations,
        members: this.#members,
        delegates: sum(([, { planning }]) => planning.delegates),
        messages: sum(([, { messages }]) => messages),
        estimatedBytes: sum(([{ size }, { messages }]) => shareOf(size, messages)),
        activity: this.#activity,
        starts: this.#starts,
      },
      token: tokenOf(this.#hash),
      leftToHermes: [],
      unavailableProfiles: [],
    };
  }
}

/** Merges the plans of several histories. */
export function mergePlans(plans: readonly PrunePlan[]): PrunePlan {
  const [only] = plans;
  if (only !== undefined && plans.length === 1) return only;
  const totals = plans.map((plan) => plan.totals);
  const sum = (of: (some: PlanTotals) => number): number => totals.reduce((all, some) => all + of(some), 0);
  const hash = createHash('sha256');
  for (const { token } of plans) hash.update(token);
  return {
    conversations: plans.flatMap(({ conversations }) => conversations).slice(0, MOST_PLANNED),
    totals: {
      conversations: sum(({ conversations }) => conversations),
      members: sum(({ members }) => members),
      delegates: sum(({ delegates }) => delegates),
      messages: sum(({ messages }) => messages),
      estimatedBytes: sum(({ estimatedBytes }) => estimatedBytes),
      activity: spanOf(totals.map(({ activity }) => activity)),
      starts: spanOf(totals.map(({ starts }) => starts)),
    },
    token: tokenOf(hash),
    leftToHermes: plans.flatMap(({ leftToHermes }) => leftToHermes),
    unavailableProfiles: [],
  };
}

function tokenOf(hash: Hash): string {
  return hash.digest('base64url').slice(0, 32);
}

const NO_TIME: TimeSpan = { earliest: null, latest: null };

/** The span from the earliest to the latest time. */
function spanOf(spans: readonly TimeSpan[]): TimeSpan {
  return {
    earliest: oldest(spans.map(({ earliest }) => earliest)),
    latest: newest(spans.map(({ latest }) => latest)),
  };
}

/** Estimates the size of some messages by their share of the history. */
function shareOf(all: { readonly bytes: number; readonly messages: number }, messages: number): number {
  return messages === 0 ? 0 : Math.round((all.bytes * messages) / Math.max(messages, all.messages));
}
