import type { SessionUsage } from '../domain/session.js';
import type { SessionCriteria } from './session-filter.js';

/** What is counted. */
export interface StatisticsRequest extends SessionCriteria {
  /** IANA name of the time zone whose days are counted, in small letters. */
  readonly timeZone: string;
  /** Open sessions with activity at or after this time are active. */
  readonly activeSince: number;
}

/** What some sessions have together; usage is null where it is known of none of them. */
export interface Tally extends SessionUsage {
  readonly sessions: number;
  readonly conversations: number;
  readonly messages: number;
  /** US dollars: of each session what was paid, or else what was estimated. */
  readonly cost: number | null;
  /** Calls of models, and of tools; null where they are known of none. */
  readonly apiCalls: number | null;
  readonly toolCalls: number | null;
}

/** A conversation with many messages, over its whole compression chain. */
export interface LargeConversation {
  readonly id: string;
  readonly profile: string;
  readonly origin: string | null;
  readonly title: string | null;
  readonly platform: string;
  readonly messages: number;
}

/** How many conversations are told as the largest. */
export const LARGEST = 10;

/** What is counted of a history, or of several. */
export interface SessionStatistics {
  readonly total: Tally;
  readonly openSessions: number;
  readonly activeSessions: number;
  readonly byPlatform: ReadonlyMap<string, Tally>;
  readonly byModel: ReadonlyMap<string | null, Tally>;
  /** By the day on which sessions began, `2026-05-01`; those without a usable start are in none. */
  readonly byDay: ReadonlyMap<string, Tally>;
  /** At most {@link LARGEST}, the largest first. */
  readonly largest: readonly LargeConversation[];
  /** Profiles that are not counted because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** What is counted in parts: who is active is not, since that depends on the time. */
export type SumsRequest = Omit<StatisticsRequest, 'activeSince'>;

/** What can be counted in parts, and added up. */
export type SessionSums = Pick<
  SessionStatistics,
  'total' | 'openSessions' | 'byPlatform' | 'byModel' | 'byDay'
>;

/** Counts sessions. */
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

/** A sum of costs as it is told: the order in which they were added up shows in the last digits alone, which no currency has. */
export function roundedCost(sum: number): number;
export function roundedCost(sum: number | null): number | null;
export function roundedCost(sum: number | null): number | null {
  return sum === null ? null : Number(sum.toFixed(9));
}

/** The tally of a name, a new one where there is none. */
export function tallyOf<K>(tallies: Map<K, TallyCount>, name: K): TallyCount {
  let tally = tallies.get(name);
  if (tally === undefined) tallies.set(name, (tally = new TallyCount()));
  return tally;
}

/** Counts several histories together. */
export function mergeStatistics(parts: readonly SessionStatistics[]): SessionStatistics {
  return {
    ...mergeSums(parts),
    activeSessions: parts.reduce((sum, part) => sum + part.activeSessions, 0),
    largest: largestOf(parts.flatMap((part) => part.largest)),
    unavailableProfiles: parts.flatMap((part) => part.unavailableProfiles),
  };
}

/** Adds up what was counted of several parts. */
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

/** The largest of some conversations, largest first; among equals by id. */
function largestOf(conversations: readonly LargeConversation[]): readonly LargeConversation[] {
  return [...conversations]
    .sort((a, b) => b.messages - a.messages || (a.id < b.id ? -1 : 1))
    .slice(0, LARGEST);
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}
