import { blankOf } from '../../domain/blank-object.js';
import type { Message } from '../../domain/message.js';
import type { Session, StoredRow } from '../../domain/session.js';
import { besideSummary } from '../../sessions/transcript/context-summary.js';
import { toPlainSnippet } from '../../sessions/search/snippet.js';
import type { PrunePlan } from '../../sessions/prune/session-prune.js';
import { parsedJson } from '../../text/json.js';
import { messageColumns, PLACE_AND_BILLING_COLUMNS, sessionColumns } from '../columns.js';
import { isUnread } from '../unread.js';
import type { HermesTranscript } from '../hermes-sessions.service.js';

/** Any JSON object: the dashboard's answers contain every column of the history's version. */
export type DashboardObject = Readonly<Record<string, unknown>>;

/** Session columns that lists contain only on request. */
export interface WideColumns {
  readonly model_config: StoredRow[string];
  readonly system_prompt: StoredRow[string];
  readonly system_prompt_hash: StoredRow[string];
}

/** How long an open session is shown as active after its last activity, in seconds. */
const ACTIVE_WINDOW = 300;

/** Default values of Hermes's columns, for older versions and other stores that lack some of them. */
const USUAL_OF_SESSION: DashboardObject = {
  ...nulls([
    'session_key',
    'chat_id',
    'chat_type',
    'thread_id',
    'display_name',
    'origin_json',
    ...PLACE_AND_BILLING_COLUMNS,
    'title_source',
    'last_activity_at',
    'last_activity_description',
    'last_activity_provenance',
    'handoff_state',
    'handoff_platform',
    'handoff_error',
    'profile_name',
    'compression_failure_cooldown_until',
    'compression_failure_error',
    'last_read_at',
  ]),
  expiry_finalized: 0,
  compression_fallback_streak: 0,
  compression_ineffective_count: 0,
  rewind_count: 0,
};

const USUAL_OF_MESSAGE: DashboardObject = {
  ...nulls([
    'effect_disposition',
    'reasoning_details',
    'codex_reasoning_items',
    'codex_message_items',
    'platform_message_id',
    'api_content',
    'display_kind',
    'display_metadata',
  ]),
  observed: 0,
  active: 1,
  compacted: 0,
};

function nulls(names: readonly string[]): DashboardObject {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** Blank objects by the names of their columns. There are as many as versions of histories. */
const BLANKS = new Map<string, DashboardObject>();

/** Combines default columns, the columns of a row, and values that replace them. */
function columnsWith(usual: DashboardObject, row: StoredRow = {}, told: object): DashboardObject {
  const names = [...Object.keys(row), ...Object.keys(told)];
  const key = names.join();
  const blank = BLANKS.get(key) ?? blankOf({ ...usual, ...nulls(names) });
  BLANKS.set(key, blank);
  return Object.assign({ ...blank }, row, told);
}

/**
 * The columns of a session. For a list entry some are those of its tip.
 * @param more further columns.
 */
function columnsOf(session: Session, more: DashboardObject): DashboardObject {
  return columnsWith(USUAL_OF_SESSION, session.row, Object.assign(sessionColumns(session), more));
}

/**
 * A session as the dashboard lists it.
 * @param now epoch seconds, to decide whether the session is active.
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

/** One session with its stored row. */
export function toSessionRow(session: Session, row: StoredRow | undefined): DashboardObject {
  const flags = { archived: Number(session.archived), pinned: Number(session.pinned) };
  const prompt = nulls(['model_config', 'system_prompt', 'system_prompt_hash']);
  // The stored parent may be hidden from this caller.
  const parent = { parent_session_id: session.parentId };
  return columnsOf(session, { ...prompt, ...flags, ...row, ...parent });
}

/** The profile of a session. */
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

/** A message as a person sees it: without the summary that a compaction added for the model. */
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
  const json = parsedJson(value);
  return json === undefined ? value : json;
}

/** A conversation found by a search, with the matched words between arrows, or without a match if it was found by its id. */
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

/** The result of a dry run of a clean-up, the longest inactive conversation first. */
export function toDryRun({ conversations, totals }: PrunePlan): DashboardObject {
  return {
    ok: true,
    removed: 0,
    // Counts sessions, as `removed` does.
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
