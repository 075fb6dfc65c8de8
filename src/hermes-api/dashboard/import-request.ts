import { setImmediate as nextTurn } from 'node:timers/promises';
import { byName } from '../../domain/by-name.js';
import type { StoredRow } from '../../domain/session.js';
import { ApiError } from '../../http/errors.js';
import type { ImportedSession } from '../../sessions/session-import.js';
import { encodeContent } from '../../sessions/transcript/message-content.js';
import { isDeeperThan, isRecord, parsedJson } from '../../text/json.js';
import { PLACE_AND_BILLING_COLUMNS } from '../columns.js';
import { titleOf } from '../hermes-sessions.service.js';
import type { RequestBody } from '../request-body.js';
import { ImportRefusal, type ImportFault } from './dashboard.errors.js';

const MEBIBYTE = 1024 * 1024;

/** Maximum body size of an import, in bytes. */
export const LARGEST_IMPORT = 25 * MEBIBYTE;

/** Hermes's limits of an import, during which its agents cannot write. */
const MOST = {
  sessions: 500,
  messagesOfOne: 10_000,
  messages: 50_000,
  bytesOfOne: 5 * MEBIBYTE,
  bytes: LARGEST_IMPORT,
} as const;

/** Text columns of a session that are imported unchanged. */
const SESSION_TEXTS = ['end_reason', ...PLACE_AND_BILLING_COLUMNS] as const;

/** Number columns of a session. A value that is not a number is imported as 0. */
const SESSION_COUNTS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'api_call_count',
] as const;

/** Costs of a session in US dollars; may be unknown. */
const SESSION_COSTS = ['estimated_cost_usd', 'actual_cost_usd'] as const;

/** Largest distance of a JavaScript date from the epoch, in seconds, in both directions. */
const LAST_INSTANT = 8.64e12;

/** Text columns of a message that are imported unchanged. */
const MESSAGE_TEXTS = ['tool_call_id', 'tool_name', 'effect_disposition', 'finish_reason'] as const;

/** Reasoning columns, imported for assistant messages only. */
const THOUGHTS = ['reasoning', 'reasoning_content'] as const;
const STRUCTURED_THOUGHTS = ['reasoning_details', 'codex_reasoning_items', 'codex_message_items'] as const;

/** Messages processed between two turns of the event loop, so that other requests are answered meanwhile. */
const READ_AT_ONCE = 500;

/** Maximum nesting of lists and objects in a session: more than decoded content may have, and far less than would overflow a stack. */
const DEEPEST = 128;

/** An error in one session. */
class FaultySession extends Error {}

/** Tracks how much of the limits the previous sessions have used. */
class Budget {
  readonly #ids = new Set<string>();
  #bytes = 0;
  #messages = 0;

  requireNew(id: string): void {
    if (this.#ids.has(id)) throw new FaultySession('duplicate session id');
  }

  takeBytes(session: RequestBody): void {
    const bytes = Buffer.byteLength(JSON.stringify(session));
    if (bytes > MOST.bytesOfOne) throw new FaultySession('session exceeds the import size limit');
    this.#bytes += bytes;
    if (this.#bytes > MOST.bytes) throw new FaultySession('import exceeds the total size limit');
  }

  takeMessages(id: string, count: number): void {
    this.#messages += count;
    if (this.#messages > MOST.messages) throw new FaultySession('messages exceeds the total import limit');
    this.#ids.add(id);
  }
}

/**
 * The sessions in a body, as Hermes would store them.
 * @param now epoch seconds, for values without a time of their own.
 * @throws {ApiError} `invalid_body`, `invalid_parameter`; {@link ImportRefusal} with the errors of all sessions.
 */
export async function sessionsIn(
  { sessions }: RequestBody,
  now: number,
): Promise<readonly ImportedSession[]> {
  if (!Array.isArray(sessions) || !sessions.every(isRecord)) throw new ApiError('invalid_body');
  if (sessions.length > MOST.sessions)
    throw new ApiError('invalid_parameter', {
      message: `sessions must contain at most ${MOST.sessions} entries`,
    });
  const budget = new Budget();
  const faults: ImportFault[] = [];
  const read: ImportedSession[] = [];
  for (const [index, session] of sessions.entries()) {
    const id = idOf(session);
    await nextTurn();
    try {
      read.push(await readSession(session, id, budget, now));
    } catch (error) {
      if (!(error instanceof FaultySession)) throw error;
      faults.push({ index, error: error.message, ...(id === '' ? {} : { session_id: id }) });
    }
  }
  if (faults.length > 0) throw new ImportRefusal(faults);
  return read;
}

async function readSession(
  session: RequestBody,
  id: string,
  budget: Budget,
  now: number,
): Promise<ImportedSession> {
  if (id === '') throw new FaultySession('session id is required');
  if (!id.isWellFormed()) throw new FaultySession('session id must be well-formed Unicode');
  budget.requireNew(id);
  const sent = messagesOf(session);
  if (isDeeperThan(session, DEEPEST)) throw new FaultySession('session must be JSON serializable');
  await nextTurn();
  budget.takeBytes(session);
  await nextTurn();
  const modelConfig = modelConfigOf(session);
  const parentId = textIn(session, 'parent_session_id')?.trim() ?? '';
  const texts = byName(SESSION_TEXTS, (name) => textIn(session, name));
  const base = {
    source: textIn(session, 'source') || 'import',
    title: importedTitle(session),
    model: textIn(session, 'model'),
    systemPrompt: textIn(session, 'system_prompt'),
    userId: textIn(session, 'user_id'),
  };
  const { messages, toolCalls } = await readMessages(sent, now);
  budget.takeMessages(id, messages.length);
  return {
    ...base,
    id,
    modelConfig,
    messages,
    parentId: parentId === '' ? null : parentId,
    startedAt: instantIn(session, 'started_at') ?? now,
    more: {
      ...texts,
      ...byName(SESSION_COUNTS, (name) => countIn(session, name) ?? 0),
      ...byName(SESSION_COSTS, (name) => numberOf(session[name])),
      ended_at: instantIn(session, 'ended_at'),
      archived: isSet(session.archived) ? 1 : 0,
    },
    messageCount: messages.length,
    toolCalls,
  };
}

function idOf({ id }: RequestBody): string {
  return typeof id === 'string' || typeof id === 'number' ? String(id).trim() : '';
}

function messagesOf({ messages }: RequestBody): readonly RequestBody[] {
  if (!isSet(messages)) return [];
  if (!Array.isArray(messages)) throw new FaultySession('messages must be a list');
  if (messages.length > MOST.messagesOfOne)
    throw new FaultySession('messages exceeds the per-session import limit');
  if (!messages.every(isRecord)) throw new FaultySession('messages must contain only objects');
  return messages;
}

/** Titles follow Hermes's rules. */
function importedTitle(session: RequestBody): string | null {
  try {
    return titleOf(textIn(session, 'title'));
  } catch (error) {
    if (error instanceof ApiError) throw new FaultySession(error.message);
    throw error;
  }
}

function modelConfigOf({ model_config: config }: RequestBody): string | null {
  if (config === undefined || config === null) return null;
  if (typeof config !== 'string') {
    if (!isRecord(config)) throw new FaultySession('model_config must be a JSON object');
    return JSON.stringify(config);
  }
  const value = parsedJson(config);
  if (value === undefined) throw new FaultySession('model_config must be valid JSON');
  if (!isRecord(value)) throw new FaultySession('model_config must be a JSON object');
  requireShallow(value, 'model_config');
  return config;
}

/** JSON inside a text may be no deeper than the body itself. */
function requireShallow(value: unknown, name: string): void {
  if (isDeeperThan(value, DEEPEST)) throw new FaultySession(`${name} must be JSON serializable`);
}

/** A message without a timestamp gets one right after the previous message. */
async function readMessages(
  sent: readonly RequestBody[],
  now: number,
): Promise<Pick<ImportedSession, 'messages' | 'toolCalls'>> {
  let usual = now;
  let toolCalls = 0;
  const messages: StoredRow[] = [];
  for (const [index, message] of sent.entries()) {
    if (index % READ_AT_ONCE === 0) await nextTurn();
    const { role } = message;
    if (typeof role !== 'string' || role === '')
      throw new FaultySession(`messages[${index}].role must be a non-empty string`);
    const timestamp = instantIn(message, 'timestamp') ?? usual;
    usual = Math.max(usual, timestamp) + 1e-6;
    const calls = toolCallsOf(message);
    toolCalls += calls.count;
    messages.push({ ...toMessageRow(message, role, timestamp), tool_calls: calls.stored });
  }
  return { messages, toolCalls };
}

function toMessageRow(message: RequestBody, role: string, timestamp: number): StoredRow {
  const isModel = role === 'assistant';
  const thoughts = byName(THOUGHTS, (name) => textIn(message, name));
  const platformId = textIn(message, 'platform_message_id') || textIn(message, 'message_id');
  return {
    role,
    timestamp,
    content: contentOf(message),
    ...byName(MESSAGE_TEXTS, (name) => textIn(message, name)),
    token_count: tokensOf(message),
    ...(isModel ? thoughts : {}),
    ...(isModel ? byName(STRUCTURED_THOUGHTS, (name) => jsonOf(message[name])) : {}),
    platform_message_id: platformId,
    observed: isSet(message.observed) ? 1 : 0,
    api_content: typeof message.api_content === 'string' ? message.api_content : null,
    display_kind: typeof message.display_kind === 'string' ? message.display_kind : null,
    display_metadata: jsonOf(message.display_metadata),
    _compressed_summary: isSet(message._compressed_summary) ? 1 : 0,
    // Hermes keeps these ids in every copy of a message, and creates them if they are missing.
    ...byName(['message_uid', 'tool_call_uid'], (name) => textIn(message, name) || null),
    ...byName(['absorbed_message_uids', 'tool_call_uids'], (name) => jsonOf(message[name])),
  };
}

/** Numbers are stored as text, and booleans as 1 or 0, as the column does with Python's values. */
function contentOf({ content }: RequestBody): string | null {
  const encoded = typeof content === 'boolean' ? Number(content) : encodeContent(content);
  return encoded === null ? null : String(encoded);
}

/** The stored form of a message's tool calls, and their count: the length of a list, or 1 for anything else. */
function toolCallsOf({ tool_calls: sent }: RequestBody): {
  readonly stored: string | null;
  readonly count: number;
} {
  const calls = typeof sent === 'string' ? (parsedJson(sent) ?? []) : sent;
  if (calls === undefined || calls === null) return { stored: null, count: 0 };
  requireShallow(calls, 'tool_calls');
  if (!Array.isArray(calls)) return { stored: isSet(calls) ? JSON.stringify(calls) : null, count: 1 };
  return { stored: calls.length === 0 ? null : JSON.stringify(calls), count: calls.length };
}

function tokensOf({ token_count: count }: RequestBody): number | null {
  if (count === undefined || count === null) return null;
  const number = countIn({ token_count: count }, 'token_count');
  if (number === null) throw new FaultySession('token_count must be an integer');
  return number;
}

/** @throws {FaultySession} if the number is too large for exact sums. */
function countIn(fields: RequestBody, name: string): number | null {
  const number = numberOf(fields[name]);
  if (number === null) return null;
  if (!Number.isSafeInteger(Math.trunc(number))) throw new FaultySession(`${name} is out of range`);
  return Math.trunc(number);
}

/** Epoch seconds. @throws {FaultySession} if they are beyond any date. */
function instantIn(fields: RequestBody, name: string): number | null {
  const number = numberOf(fields[name]);
  if (number !== null && Math.abs(number) > LAST_INSTANT) throw new FaultySession(`${name} is out of range`);
  return number;
}

/** @throws {FaultySession} if the field is not a text. */
function textIn(fields: RequestBody, name: string): string | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new FaultySession(`${name} must be a string`);
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'string' && value.trim() === '') return null;
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : null;
}

/** Encodes a value as JSON; a text counts as already encoded. */
function jsonOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a value is truthy in Python. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}
