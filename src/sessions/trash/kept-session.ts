import { createHash } from 'node:crypto';
import { DomainError } from '../../domain/errors.js';
import { isRecord, parsedJson } from '../../text/json.js';
import type { ImportedSession } from '../session-import.js';
import type { SessionOwner } from '../../domain/access.js';

/** A value in SQLite. */
type KeptValue = string | number | bigint | Buffer | null;

/** A whole row, by Hermes's column names. */
export type KeptRow = Readonly<Record<string, KeptValue>>;

/** A session that a deletion removes, with its owner. */
export interface TakenSession extends SessionOwner {
  readonly id: string;
  /** Whether it is removed as a delegate of a named session. */
  readonly isDelegate: boolean;
}

/** What lists show of a deletion. Times are epoch seconds; null if unknown. */
export interface TakenEntry extends SessionOwner {
  /** The session that was named. */
  readonly id: string;
  readonly title: string | null;
  readonly preview: string;
  readonly startedAt: number | null;
  readonly lastActiveAt: number | null;
  /** Of all sessions, as counted by Hermes. */
  readonly messageCount: number;
}

/** Everything that a deletion would remove. */
export interface TakenSessions {
  readonly profile: string;
  readonly entry: TakenEntry;
  readonly sessions: readonly TakenSession[];
  /** The rows as lines, see {@link sessionLine}; those of a session follow it. */
  readonly lines: AsyncIterable<string>;
}

/** A session's row as a line of JSON, without a line break. */
export function sessionLine(row: KeptRow): string {
  return JSON.stringify({ session: encoded(row) });
}

/** A message's row as a line of JSON. */
export function messageLine(row: KeptRow): string {
  return JSON.stringify({ message: encoded(row) });
}

/** A model's usage in a session, as a line of JSON. */
export function usageLine(row: KeptRow): string {
  return JSON.stringify({ usage: encoded(row) });
}

/** A digest of lines and their order. */
export class LinesDigest {
  readonly #hash = createHash('sha256');

  add(line: string): void {
    this.#hash.update(line).update('\n');
  }

  /** Can be called once. */
  name(): string {
    return this.#hash.digest('base64url');
  }
}

/** The sessions to delete differ from the kept copy: they were written to meanwhile. */
export class SessionWentOn extends DomainError {
  constructor() {
    super('session_busy', {
      message: 'The conversation went on while it was written to the trash. Nothing was deleted; try again.',
    });
  }
}

/** Lines that are not in the expected format. */
export class UnreadableLine extends Error {
  override readonly name = 'UnreadableLine';
}

/** Parses kept lines into sessions that can be imported like any others. */
export class KeptLines {
  readonly #sessions: KeptSession[] = [];

  /** @throws {UnreadableLine} */
  add(line: string): void {
    const { session, message, usage } = parsed(line);
    if (isRecord(session)) this.#sessions.push({ row: decoded(session), messages: [], usage: [] });
    else if (isRecord(message)) this.#last().messages.push(withoutOwn(decoded(message), OF_ONE_COPY));
    else if (isRecord(usage)) this.#last().usage.push(withoutOwn(decoded(usage), OF_ONE_COPY));
    else throw new UnreadableLine();
  }

  sessions(): readonly ImportedSession[] {
    return this.#sessions.map(toImported);
  }

  #last(): KeptSession {
    const last = this.#sessions.at(-1);
    if (last === undefined) throw new UnreadableLine();
    return last;
  }
}

/** The rows of one session. */
interface KeptSession {
  readonly row: KeptRow;
  readonly messages: KeptRow[];
  readonly usage: KeptRow[];
}

/** Columns that identify a copy of a session's data or its source row; Hermes fills them in again. */
const OF_ONE_COPY: ReadonlySet<string> = new Set(['id', 'session_id', 'display_identity', 'display_order']);

/** Columns that have their own property in an imported session. */
const NAMED_BY_IMPORT: ReadonlySet<string> = new Set([
  'id',
  'source',
  'title',
  'model',
  'model_config',
  'system_prompt',
  'system_prompt_hash',
  'user_id',
  'parent_session_id',
  'started_at',
  'message_count',
  'tool_call_count',
]);

/** Columns for lookups and relations, in which only texts can be restored. */
const TEXT_ALONE: readonly string[] = ['id', 'title', 'parent_session_id', 'system_prompt'];

/** Requires that a session's row can be restored exactly. @throws {DomainError} `trash_inexact` */
export function requireRestorable(row: KeptRow): void {
  if (TEXT_ALONE.some((name) => row[name] != null && typeof row[name] !== 'string'))
    throw new DomainError('trash_inexact');
}

function toImported({ row, messages, usage }: KeptSession): ImportedSession {
  const named = {
    source: textIn(row, 'source') ?? '',
    model: textIn(row, 'model'),
    model_config: textIn(row, 'model_config'),
    user_id: textIn(row, 'user_id'),
    started_at: numberIn(row, 'started_at'),
    message_count: numberIn(row, 'message_count'),
    tool_call_count: numberIn(row, 'tool_call_count'),
  };
  const odd = Object.entries(named).filter(([name, value]) => name in row && row[name] !== value);
  // A prompt is restored to the row if its hash column exists; otherwise to where this version of Hermes keeps prompts.
  const isPromptInRow = 'system_prompt_hash' in row;
  const promptColumns = isPromptInRow ? (['system_prompt', 'system_prompt_hash'] as const) : [];
  return {
    id: textIn(row, 'id') ?? '',
    source: named.source,
    title: textIn(row, 'title'),
    model: named.model,
    modelConfig: named.model_config,
    systemPrompt: isPromptInRow ? null : textIn(row, 'system_prompt'),
    userId: named.user_id,
    parentId: textIn(row, 'parent_session_id'),
    startedAt: named.started_at,
    more: withoutOwn(row, NAMED_BY_IMPORT),
    odd: Object.fromEntries(
      [...odd.map(([name]) => name), ...promptColumns].map((name) => [name, row[name] ?? null]),
    ),
    messages,
    usage,
    messageCount: named.message_count,
    toolCalls: named.tool_call_count,
  };
}

function withoutOwn(row: KeptRow, names: ReadonlySet<string>): KeptRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.has(name)));
}

function textIn(row: KeptRow, name: string): string | null {
  const value = row[name];
  if (value === undefined || value === null) return null;
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}

function numberIn(row: KeptRow, name: string): number {
  const number = Number(row[name] ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/** Values without a JSON form become objects, which no other value is. */
function encoded(row: KeptRow): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, encodedValue(value)]));
}

function encodedValue(value: KeptValue): unknown {
  if (Buffer.isBuffer(value)) return { blob: value.toString('base64') };
  if (typeof value === 'bigint') return { integer: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { real: String(value) };
  return value;
}

function decoded(row: object): KeptRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, decodedValue(value)]));
}

/** @throws {UnreadableLine} */
function decodedValue(value: unknown): KeptValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (isRecord(value)) {
    if (typeof value.blob === 'string') return Buffer.from(value.blob, 'base64');
    if (typeof value.integer === 'string') return BigInt(value.integer);
    if (typeof value.real === 'string') return Number(value.real);
  }
  throw new UnreadableLine();
}

/** @throws {UnreadableLine} */
function parsed(line: string): Readonly<Record<string, unknown>> {
  const value = parsedJson(line);
  if (!isRecord(value)) throw new UnreadableLine();
  return value;
}
