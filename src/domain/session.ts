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

/** What a history keeps of one session. Times are epoch seconds as they are stored; null where unknown. */
export interface SessionRecord extends SessionUsage {
  readonly id: string;
  /** What callers know as the platform. */
  readonly source: string;
  readonly userId: string | null;
  readonly model: string | null;
  readonly title: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  /** Messages and calls of tools, as Hermes counts them. */
  readonly messageCount: number;
  readonly toolCallCount: number;
  /** Calls of the model, as Hermes counts them. */
  readonly apiCallCount: number;
  /** Whether the session keeps a system prompt, or a configuration of its model, of its own. */
  readonly hasSystemPrompt: boolean;
  readonly hasModelConfig: boolean;
  readonly archived: boolean;
  readonly pinned: boolean;
  /** User messages that are part of the transcript. */
  readonly turnCount: number;
  /** Start of the first user message that is more than a summary of earlier ones; empty where there is none. */
  readonly preview: string;
}

/** A row by the names that Hermes gives its columns, with what is stored there. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** What an entry of a list shows that stands in no session by itself. */
export interface SessionFacts {
  /** The history that it is in: a profile of Hermes, and its host where there are several. */
  readonly profile: string;
  readonly origin: string | null;
  /** The session that it came from, where whoever asks may know of it. */
  readonly parentId: string | null;
  /** Newest activity, in epoch seconds; null where unknown. */
  readonly lastActiveAt: number | null;
  /** First session of the compression chain. */
  readonly rootId: string;
  /** Sessions in the compression chain. */
  readonly chainLength: number;
}

/** Where a search found a conversation; what concerns the message is null where only the title matched. */
export interface SessionMatch {
  readonly messageId: number | null;
  readonly role: string | null;
  /** Epoch seconds. */
  readonly timestamp: number | null;
  /** Text around the hits, each in `<mark>…</mark>`; everything else is HTML-escaped. */
  readonly snippet: string;
}

/** What people have noted of a session, where the history's version has a place for both. */
export interface SessionMarks {
  /** Whether lists leave it out. */
  readonly hidden: boolean;
  /** When it was looked at, in epoch seconds; null where nobody keeps track of it. */
  readonly lastReadAt: number | null;
}

/** A conversation as lists show it, or one session row by itself. */
export interface Session extends Omit<SessionRecord, keyof SessionUsage | 'source'>, SessionFacts {
  /** The title that this very session has; that of an entry is its root's where its tip has none. */
  readonly ownTitle: string | null;
  readonly platform: string;
  readonly usage: SessionUsage;
  /** Only of histories that have a place for them. */
  readonly marks?: SessionMarks;
  /** Only in what a search found. */
  readonly match?: SessionMatch;
  /** What its row has that no other field tells, that of the root for an entry of a list; only where it was asked for. */
  readonly row?: StoredRow;
}

/** One session row with its place in the lineage. */
export interface SessionDetail extends Session {
  /** Direct children of every kind, oldest first. */
  readonly childIds: readonly string[];
  /** The session in which the conversation lives on. */
  readonly tipId: string;
}

/** What an entry shows of the first session of its chain. */
type Origin = Pick<SessionRecord, 'source' | 'userId' | 'title' | 'startedAt' | 'archived' | 'pinned'>;

/**
 * An entry of a list. Identity, contents and usage are those of the chain's tip; origin and flags those of its root: both are the same
 * session where there is no chain, or where every row stands by itself.
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
