import { isLimited, mayKnow, type SessionAccess } from '../../../sessions/session-access.js';
import {
  LARGEST,
  largestOf,
  TallyCount,
  tallyOf,
  type SessionStatistics,
  type StatisticsRequest,
} from '../../../sessions/session-statistics.js';
import type { SessionFact } from '../index/session-fact.js';
import type { IndexedSession, SessionTable } from '../index/session-table.js';
import { DayCalendar } from '../../../sessions/day-calendar.js';

/** Counts the sessions of a profile; the index must be equal to all rows of the file. */
export function countHistory(
  table: SessionTable,
  request: StatisticsRequest,
  profile: string,
): SessionStatistics {
  const groups = new SessionGroups();
  const byDay = new Map<string, TallyCount>();
  const largest = new LargestConversations();
  // Rows stand in the order of their starts, so each day is worked out once.
  const calendar = new DayCalendar(request.timeZone);
  let openSessions = 0;
  let activeSessions = 0;
  for (const { session } of table.rows.byStart.all) {
    const { fact } = session;
    if (!isCounted(fact, request)) continue;
    const begins = beginsConversation(session, request.access);
    countSession(groups.of(session), fact, begins);
    if (fact.startedAt !== null) countSession(tallyOf(byDay, calendar.dayOf(fact.startedAt)), fact, begins);
    if (fact.endedAt === null) {
      openSessions++;
      if ((fact.lastActiveAt ?? 0) >= request.activeSince) activeSessions++;
    }
    if (begins) largest.offer(session);
  }
  return {
    ...groups.sums(),
    ...{ openSessions, activeSessions, byDay },
    largest: largestOf(largest.all.map((session) => describe(session, profile))),
    unavailableProfiles: [],
  };
}

/** Sessions by platform and model together, of which there are few, so that each session is counted once for both. */
class SessionGroups {
  readonly #groups = new Map<number, Map<number, SessionGroup>>();

  of({ fact, row }: IndexedSession): TallyCount {
    const models = this.#groups.get(row.platform) ?? new Map<number, SessionGroup>();
    this.#groups.set(row.platform, models);
    let group = models.get(row.model);
    if (group === undefined) {
      group = { platform: fact.source, model: fact.model, tally: new TallyCount() };
      models.set(row.model, group);
    }
    return group.tally;
  }

  sums(): Pick<SessionStatistics, 'total' | 'byPlatform' | 'byModel'> {
    const total = new TallyCount();
    const byPlatform = new Map<string, TallyCount>();
    const byModel = new Map<string | null, TallyCount>();
    for (const models of this.#groups.values()) {
      for (const { platform, model, tally } of models.values()) {
        total.add(tally);
        tallyOf(byPlatform, platform).add(tally);
        tallyOf(byModel, model).add(tally);
      }
    }
    return { total, byPlatform, byModel };
  }
}

interface SessionGroup {
  readonly platform: string;
  readonly model: string | null;
  readonly tally: TallyCount;
}

function isCounted(fact: SessionFact, request: StatisticsRequest): boolean {
  if (!mayKnow(request.access, fact)) return false;
  const { platforms, userId, model, since, until } = request;
  if (platforms !== undefined && !platforms.includes(fact.source)) return false;
  if (userId !== undefined && fact.userId !== userId) return false;
  if (model !== undefined && fact.model !== model) return false;
  const startedAt = fact.startedAt ?? -1;
  return startedAt >= (since ?? -1) && startedAt < (until ?? Infinity);
}

/** Whether a row is the first of a conversation that is listed. */
function beginsConversation({ chain, fact }: IndexedSession, access: SessionAccess): boolean {
  if (chain.entry === undefined || chain.root.fact !== fact) return false;
  return !isLimited(access) || chain.members.every((member) => mayKnow(access, member.fact));
}

function countSession(tally: TallyCount, fact: SessionFact, begins: boolean): void {
  tally.sessions++;
  if (begins) tally.conversations++;
  tally.messages += fact.storedMessages;
  if (fact.inputTokens !== null) tally.inputTokens = (tally.inputTokens ?? 0) + fact.inputTokens;
  if (fact.outputTokens !== null) tally.outputTokens = (tally.outputTokens ?? 0) + fact.outputTokens;
  if (fact.cacheReadTokens !== null)
    tally.cacheReadTokens = (tally.cacheReadTokens ?? 0) + fact.cacheReadTokens;
  if (fact.cacheWriteTokens !== null)
    tally.cacheWriteTokens = (tally.cacheWriteTokens ?? 0) + fact.cacheWriteTokens;
  if (fact.reasoningTokens !== null)
    tally.reasoningTokens = (tally.reasoningTokens ?? 0) + fact.reasoningTokens;
  if (fact.estimatedCost !== null) tally.estimatedCost = (tally.estimatedCost ?? 0) + fact.estimatedCost;
  if (fact.actualCost !== null) tally.actualCost = (tally.actualCost ?? 0) + fact.actualCost;
}

/** The conversations with the most messages of those that were offered. */
class LargestConversations {
  #kept: IndexedSession[] = [];
  #least = 0;

  get all(): readonly IndexedSession[] {
    return this.#kept;
  }

  offer(root: IndexedSession): void {
    if (this.#kept.length >= LARGEST && messagesOf(root) < this.#least) return;
    this.#kept.push(root);
    // Some more are kept than are needed, so that it is not sorted with each.
    if (this.#kept.length < 2 * LARGEST) return;
    this.#kept = this.#kept
      .sort((a, b) => messagesOf(b) - messagesOf(a) || (a.fact.id < b.fact.id ? -1 : 1))
      .slice(0, LARGEST);
    this.#least = messagesOf(this.#kept.at(-1) ?? root);
  }
}

function messagesOf({ chain }: IndexedSession): number {
  return chain.members.reduce((sum, { fact }) => sum + fact.storedMessages, 0);
}

function describe(root: IndexedSession, profile: string): SessionStatistics['largest'][number] {
  const tip = root.chain.entry?.session ?? root;
  return {
    id: tip.fact.id,
    profile,
    origin: null,
    title: tip.fact.title,
    platform: root.fact.source,
    messages: messagesOf(root),
  };
}
