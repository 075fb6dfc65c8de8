import { blankOf } from '../../domain/blank-object.js';
import type { Message } from '../../domain/message.js';
import type { Session, StoredRow } from '../../domain/session.js';
import { besideSummary } from '../../sessions/transcript/context-summary.js';
import { toPlainSnippet } from '../../sessions/search/snippet.js';
import type { PrunePlan } from '../../sessions/session-prune.js';
import { messageColumns, sessionColumns } from '../columns.js';
import { isUnread } from '../unread.js';
import type { HermesTranscript } from '../hermes-sessions.service.js';

/** Any JSON object: the dashboard's answers have every column of a history's version. */
export type DashboardObject = Readonly<Record<string, unknown>>;

/** Columns of a session that lists leave out unless they are asked for. */
export interface WideColumns {
  readonly model_config: StoredRow[string];
  readonly system_prompt: StoredRow[string];
  readonly system_prompt_hash: StoredRow[string];
}

/** For how long after its newest activity a session that has not ended is shown as active, in seconds. */
const ACTIVE_WINDOW = 300;

/** What Hermes's columns hold before anything is put there: older versions, and stores of another kind, lack some of them. */
const USUAL_OF_SESSION: DashboardObject = {
  ...nulls([
    ...[
      'session_key',
      'chat_id',
      'chat_type',
      'thread_id',
      'display_name',
      'origin_json',
      'cwd',
      'git_branch',
    ],
    ...[
      'git_repo_root',
      'billing_provider',
      'billing_base_url',
      'billing_mode',
      'cost_status',
      'cost_source',
    ],
    ...['pricing_version', 'title_source', 'last_activity_at', 'last_activity_description'],
    ...['last_activity_provenance', 'handoff_state', 'handoff_platform', 'handoff_error', 'profile_name'],
    ...['compression_failure_cooldown_until', 'compression_failure_error', 'last_read_at'],
  ]),
  ...{
    expiry_finalized: 0,
    compression_fallback_streak: 0,
    compression_ineffective_count: 0,
    rewind_count: 0,
  },
};

const USUAL_OF_MESSAGE: DashboardObject = {
  ...nulls([
    ...['effect_disposition', 'reasoning_details', 'codex_reasoning_items', 'codex_message_items'],
    ...['platform_message_id', 'api_content', 'display_kind', 'display_metadata'],
  ]),
  ...{ observed: 0, active: 1, compacted: 0 },
};

function nulls(names: readonly string[]): DashboardObject {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** By the names of what comes in addition; there are as many as there are versions of histories. */
const BLANKS = new Map<string, DashboardObject>();

/** What usually stands in a row, and in its place what stands in this one, and what is told of it in another way. */
function columnsWith(usual: DashboardObject, row: StoredRow = {}, told: object): DashboardObject {
  const names = [...Object.keys(row), ...Object.keys(told)];
  const key = names.join();
  const blank = BLANKS.get(key) ?? blankOf({ ...usual, ...nulls(names) });
  BLANKS.set(key, blank);
  return Object.assign({ ...blank }, row, told);
}

/**
 * What a row shows of a session, which for an entry of a list is partly its tip's.
 * @param more what comes behind it.
 */
function columnsOf(session: Session, more: DashboardObject): DashboardObject {
  return columnsWith(USUAL_OF_SESSION, session.row, Object.assign(sessionColumns(session), more));
}

/**
 * A session as the dashboard lists it.
 * @param now epoch seconds, from which it is told whether the session is active.
 */
export function toListedSession(session: Session, now: number, wide?: WideColumns): DashboardObject {
  const entry = {
    archived: session.archived,
    pinned: session.pinned,
    last_active: session.lastActiveAt,
    preview: session.preview,
    ...(session.id === session.rootId ? {} : { _lineage_root_id: session.rootId }),
    unread: isUnread(session),
    is_active: isActive(session, now),
    ...ownerOf(session),
  };
  return columnsOf(session, wide === undefined ? entry : { ...wide, ...entry });
}

/** One session, with its row as it is stored. */
export function toSessionRow(session: Session, row: StoredRow | undefined): DashboardObject {
  const flags = { archived: Number(session.archived), pinned: Number(session.pinned) };
  const prompt = nulls(['model_config', 'system_prompt', 'system_prompt_hash']);
  // A row names its parent to whoever reads it, which not everybody may know of.
  const parent = { parent_session_id: session.parentId };
  return columnsOf(session, { ...prompt, ...flags, ...row, ...parent });
}

/** Whose a session is. */
export function ownerOf({ profile }: Session): DashboardObject {
  return { profile, is_default_profile: profile === 'default' };
}

function isActive({ endedAt, lastActiveAt, startedAt }: Session, now: number): boolean {
  return endedAt === null && now - (lastActiveAt ?? startedAt ?? 0) < ACTIVE_WINDOW;
}

/** Part of a transcript. */
export function toTranscript({ sessionId, messages, pagination }: HermesTranscript): DashboardObject {
  return { session_id: sessionId, messages: messages.map(toDisplayed), pagination };
}

/** A message with what a person is shown of it: what a compaction told the model in it is for the model alone. */
function toDisplayed(message: Message): DashboardObject {
  const shown = toMessage(message);
  const own = besideSummary(message);
  if (own === undefined) return shown;
  if (own === null) return { ...shown, display_kind: shown.display_kind ?? 'hidden' };
  return { ...shown, display_kind: null, display_content: own };
}

/** A message with every column of its row. */
export function toMessage(message: Message): DashboardObject {
  const own =
    message.row === undefined ? {} : { display_metadata: decoded(message.row.display_metadata ?? null) };
  return columnsWith(USUAL_OF_MESSAGE, message.row, Object.assign(messageColumns(message), own));
}

function decoded(value: string | number | null): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A conversation that a search found, with the words that it was found by between arrows; without any where it was found by its id. */
export function toFoundSession(session: Session, now: number): DashboardObject {
  const { match } = session;
  return {
    snippet:
      match === undefined
        ? session.preview || `Session ID: ${session.id}`
        : toPlainSnippet(match.snippet, '>>>', '<<<'),
    role: match?.role ?? null,
    source: session.platform,
    model: session.model,
    session_started: session.startedAt,
    session_id: session.id,
    lineage_root: session.rootId,
    id: session.id,
    title: session.ownTitle,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    last_active: session.lastActiveAt,
    is_active: isActive(session, now),
    message_count: session.messageCount,
    tool_call_count: session.toolCallCount,
    input_tokens: session.usage.inputTokens ?? 0,
    output_tokens: session.usage.outputTokens ?? 0,
    preview: session.preview,
    parent_session_id: session.parentId,
    archived: session.archived,
  };
}

/** What a clean-up would take, the one that has rested longest first. */
export function toDryRun({ conversations, totals }: PrunePlan): DashboardObject {
  return {
    ok: true,
    removed: 0,
    // As those are counted that are removed.
    matched: totals.members,
    oldest_last_active: totals.activity.earliest,
    newest_last_active: totals.activity.latest,
    oldest_started_at: totals.starts.earliest,
    newest_started_at: totals.starts.latest,
    sessions: conversations.map(({ id, shown }) => ({
      id,
      source: shown.source,
      title: shown.title,
      model: shown.model,
      started_at: shown.startedAt,
      last_active: shown.lastActiveAt,
      message_count: shown.messageCount,
    })),
  };
}
