import type { SessionUsage } from '../domain/session.js';
import type { SessionCriteria } from './session-filter.js';

/** A request for statistics. */
export interface StatisticsRequest extends SessionCriteria {
  /** IANA name of the time zone that separates days, in lower case. */
  readonly timeZone: string;
  /** Open sessions with activity at or after this time count as active. */
  readonly activeSince: number;
}

/** Sums over sessions; a usage value is null if no session has it. */
export interface Tally extends SessionUsage {
  readonly sessions: number;
  readonly conversations: number;
  readonly messages: number;
  /** US dollars: the actual cost of each session, or else its estimated cost. */
  readonly cost: number | null;
  /** Calls of models, and of tools; null if no session has the number. */
  readonly apiCalls: number | null;
  readonly toolCalls: number | null;
}

/** A conversation with many messages, counted over its whole compression chain. */
export interface LargeConversation {
  readonly id: string;
  readonly profile: string;
  readonly origin: string | null;
  readonly title: string | null;
  readonly platform: string;
  readonly messages: number;
}

/** How many of the largest conversations are reported. */
export const LARGEST = 10;

/** Statistics of one or several histories. */
export interface SessionStatistics {
  readonly total: Tally;
  readonly openSessions: number;
  readonly activeSessions: number;
  readonly byPlatform: ReadonlyMap<string, Tally>;
  readonly byModel: ReadonlyMap<string | null, Tally>;
  /** By the day on which sessions started, `2026-05-01`; without sessions that have no usable start. */
  readonly byDay: ReadonlyMap<string, Tally>;
  /** At most {@link LARGEST}, largest first. */
  readonly largest: readonly LargeConversation[];
  /** Profiles that are not included because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** A request for sums that can be cached by parts; active sessions are excluded, because they depend on the current time. */
export type SumsRequest = Omit<StatisticsRequest, 'activeSince'>;

/** The statistics that can be computed in parts and summed. */
export type SessionSums = Pick<
  SessionStatistics,
  'total' | 'openSessions' | 'byPlatform' | 'byModel' | 'byDay'
>;

/** A tally that can be added to. */
export class TallyCount implements Tally {
  sessions = 0;
  conversations = 0;
  messages = 0;
  inputTokens: number | null = null;
  outputTokens: number | null = null;
  cacheReadTokens: number | null = null;
  cacheWriteTokens: number | null = null;
  reasoningTokens: number | null = null;
  estimatedCost: number | null = null;
  actualCost: number | null = null;
  cost: number | null = null;
  apiCalls: number | null = null;
  toolCalls: number | null = null;

  add(other: Tally): void {
    this.sessions += other.sessions;
    this.conversations += other.conversations;
    this.messages += other.messages;
    this.inputTokens = plus(this.inputTokens, other.inputTokens);
    this.outputTokens = plus(this.outputTokens, other.outputTokens);
    this.cacheReadTokens = plus(this.cacheReadTokens, other.cacheReadTokens);
    this.cacheWriteTokens = plus(this.cacheWriteTokens, other.cacheWriteTokens);
    this.reasoningTokens = plus(this.reasoningTokens, other.reasoningTokens);
    this.estimatedCost = plus(this.estimatedCost, other.estimatedCost);
    this.actualCost = plus(this.actualCost, other.actualCost);
    this.cost = plus(this.cost, other.cost);
    this.apiCalls = plus(this.apiCalls, other.apiCalls);
    this.toolCalls = plus(this.toolCalls, other.toolCalls);
  }
}

/** A sum of costs, rounded: the order of addition affects only digits that no currency has. */
export function roundedCost(sum: number): number;
export function roundedCost(sum: number | null): number | null;
export function roundedCost(sum: number | null): number | null {
  return sum === null ? null : Number(sum.toFixed(9));
}

/** The tally of a name, created if missing. */
export function tallyOf<K>(tallies: Map<K, TallyCount>, name: K): TallyCount {
  let tally = tallies.get(name);
  if (tally === undefined) tallies.set(name, (tally = new TallyCount()));
  return tally;
}

/** Merges the statistics of several histories. */
export function mergeStatistics(parts: readonly SessionStatistics[]): SessionStatistics {
  return {
    ...mergeSums(parts),
    activeSessions: parts.reduce((sum, part) => sum + part.activeSessions, 0),
    largest: largestOf(parts.flatMap((part) => part.largest)),
    unavailableProfiles: parts.flatMap((part) => part.unavailableProfiles),
  };
}

/** Merges the sums of several parts. */
export function mergeSums(parts: readonly SessionSums[]): SessionSums {
  const total = new TallyCount();
  const byPlatform = new Map<string, TallyCount>();
  const byModel = new Map<string | null, TallyCount>();
  const byDay = new Map<string, TallyCount>();
  for (const part of parts) {
    total.add(part.total);
    for (const [platform, tally] of part.byPlatform) tallyOf(byPlatform, platform).add(tally);
    for (const [model, tally] of part.byModel) tallyOf(byModel, model).add(tally);
    for (const [day, tally] of part.byDay) tallyOf(byDay, day).add(tally);
  }
  const openSessions = parts.reduce((sum, part) => sum + part.openSessions, 0);
  return { total, openSessions, byPlatform, byModel, byDay };
}

/** The largest of some conversations, largest first; ties by id. */
function largestOf(conversations: readonly LargeConversation[]): readonly LargeConversation[] {
  return [...conversations]
    .sort((a, b) => b.messages - a.messages || (a.id < b.id ? -1 : 1))
    .slice(0, LARGEST);
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}
