/** Tokens and cost of a session, or of several together; null where unknown. */
export interface SessionUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  /** US dollars. */
  readonly estimatedCost: number | null;
  /** US dollars. */
  readonly actualCost: number | null;
}

/** What Hermes, and all APIs, call each of {@link SessionUsage}. */
export const USAGE_COLUMNS = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  reasoningTokens: 'reasoning_tokens',
  estimatedCost: 'estimated_cost_usd',
  actualCost: 'actual_cost_usd',
} as const satisfies Readonly<Record<keyof SessionUsage, string>>;

export const USAGE_NAMES = Object.keys(USAGE_COLUMNS) as readonly (keyof SessionUsage)[];

/** The stored data of one session. Times are epoch seconds as stored; null if unknown. */
export interface SessionRecord extends SessionUsage {
  readonly id: string;
  /** Shown to callers as the platform. */
  readonly source: string;
  readonly userId: string | null;
  readonly model: string | null;
  readonly title: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  /** Numbers of messages and tool calls, as counted by Hermes. */
  readonly messageCount: number;
  readonly toolCallCount: number;
  /** Number of model calls, as counted by Hermes. */
  readonly apiCallCount: number;
  /** Whether the session has its own system prompt, and its own model configuration. */
  readonly hasSystemPrompt: boolean;
  readonly hasModelConfig: boolean;
  readonly archived: boolean;
  readonly pinned: boolean;
  /** Number of user messages in the transcript. */
  readonly turnCount: number;
  /** Start of the first user message that is more than a summary of earlier ones; empty if there is none. */
  readonly preview: string;
}

/** A row as stored, by Hermes's column names. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** Properties of a list entry that are not in its session row. */
export interface SessionFacts {
  /** Its history: a profile of Hermes, and the host if there are several. */
  readonly profile: string;
  readonly origin: string | null;
  /** The parent session, if the caller may see it. */
  readonly parentId: string | null;
  /** Newest activity, in epoch seconds; null where unknown. */
  readonly lastActiveAt: number | null;
  /** First session of the compression chain. */
  readonly rootId: string;
  /** Number of sessions in the compression chain. */
  readonly chainLength: number;
}

/** Where a search found a conversation; the message's fields are null if only the title matched. */
export interface SessionMatch {
  readonly messageId: number | null;
  readonly role: string | null;
  /** Epoch seconds. */
  readonly timestamp: number | null;
  /** Text around the hits, each in `<mark>…</mark>`; everything else is HTML-escaped. */
  readonly snippet: string;
}

/** A user's marks on a session, if the history's schema supports both. */
export interface SessionMarks {
  /** Whether lists hide it. */
  readonly hidden: boolean;
  /** When it was last read, in epoch seconds; null if that is not tracked. */
  readonly lastReadAt: number | null;
}

/** A conversation as lists show it, or one session row by itself. */
export interface Session extends Omit<SessionRecord, keyof SessionUsage | 'source'>, SessionFacts {
  /** The title of this session itself; a list entry whose tip has none shows its root's title. */
  readonly ownTitle: string | null;
  readonly platform: string;
  readonly usage: SessionUsage;
  /** Only for histories that support them. */
  readonly marks?: SessionMarks;
  /** Only in search results. */
  readonly match?: SessionMatch;
  /** Columns of its row that are in no other field, of the root for a list entry; only if requested. */
  readonly row?: StoredRow;
}

/** One session row with its place in the lineage. */
export interface SessionDetail extends Session {
  /** Direct children of every kind, oldest first. */
  readonly childIds: readonly string[];
  /** The session in which the conversation continues. */
  readonly tipId: string;
}

/** The fields of an entry that come from the first session of its chain. */
type Origin = Pick<SessionRecord, 'source' | 'userId' | 'title' | 'startedAt' | 'archived' | 'pinned'>;

/**
 * Builds a list entry. Identity, contents and usage come from the chain's tip, origin and flags from its root. Both are the same session
 * if there is no chain, or if the list has every row by itself.
 */
export function toSession(tip: SessionRecord, root: Origin, facts: SessionFacts): Session {
  return {
    id: tip.id,
    platform: root.source,
    title: tip.title ?? root.title,
    ownTitle: tip.title,
    model: tip.model,
    startedAt: root.startedAt,
    lastActiveAt: facts.lastActiveAt,
    endedAt: tip.endedAt,
    turnCount: tip.turnCount,
    parentId: facts.parentId,
    rootId: facts.rootId,
    messageCount: tip.messageCount,
    toolCallCount: tip.toolCallCount,
    apiCallCount: tip.apiCallCount,
    hasSystemPrompt: tip.hasSystemPrompt,
    hasModelConfig: tip.hasModelConfig,
    preview: tip.preview,
    userId: root.userId,
    endReason: tip.endReason,
    archived: root.archived,
    pinned: root.pinned,
    chainLength: facts.chainLength,
    profile: facts.profile,
    origin: facts.origin,
    usage: usageOf(tip),
  };
}

function usageOf(session: SessionUsage): SessionUsage {
  return {
    inputTokens: session.inputTokens,
    outputTokens: session.outputTokens,
    cacheReadTokens: session.cacheReadTokens,
    cacheWriteTokens: session.cacheWriteTokens,
    reasoningTokens: session.reasoningTokens,
    estimatedCost: session.estimatedCost,
    actualCost: session.actualCost,
  };
}
