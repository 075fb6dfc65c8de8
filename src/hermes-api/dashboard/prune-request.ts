import { ApiError } from '../../http/errors.js';
import type { Bounds, PruneCriteria, RowCriteria } from '../../sessions/prune/prune-criteria.js';
import type { SessionAccess } from '../../domain/access.js';
import type { PruneSelection } from '../../sessions/prune/session-prune.js';
import type { RequestBody } from '../request-body.js';

/** Default minimum age of a clean-up, in days. */
const USUAL_AGE = 90;
const DAY = 86_400;

const TEXTS = [
  'source',
  'title_like',
  'end_reason',
  'cwd_prefix',
  'model_like',
  'provider',
  'user_id',
  'chat_id',
  'chat_type',
  'branch_like',
] as const;

const INSTANTS = ['started_before', 'started_after'] as const;

const NUMBERS = [
  'min_messages',
  'max_messages',
  'min_tokens',
  'max_tokens',
  'min_cost',
  'max_cost',
  'min_tool_calls',
  'max_tool_calls',
] as const;

/** All fields of the request, as JSON Schema. */
export const PRUNE_FIELDS: Readonly<Record<string, object>> = {
  older_than_days: { type: 'number' },
  profile: { type: 'string' },
  include_archived: { type: 'boolean' },
  dry_run: { type: 'boolean' },
  ...Object.fromEntries(TEXTS.map((name) => [name, { type: 'string' }])),
  ...Object.fromEntries([...INSTANTS, ...NUMBERS].map((name) => [name, { type: 'number' }])),
};

const KNOWN: ReadonlySet<string> = new Set(Object.keys(PRUNE_FIELDS));

/** A requested clean-up. */
export interface PruneRequest {
  readonly selection: PruneSelection;
  /** Whether it only reports what it would delete. */
  readonly isDry: boolean;
}

/**
 * Reads the selection of a clean-up. Unknown fields are refused: ignoring one would delete more than was meant.
 * @param now epoch seconds, from which ages count.
 * @throws {ApiError} `invalid_parameter`
 */
export function pruneIn(body: RequestBody, access: SessionAccess, now: number): PruneRequest {
  const unknown = Object.keys(body).filter((name) => !KNOWN.has(name) && body[name] !== null);
  if (unknown.length > 0) throw refused(`Not known here: ${unknown.sort().join(', ')}`);
  const text = (name: (typeof TEXTS)[number]): string | undefined => textField(body, name);
  const number = (name: (typeof NUMBERS | typeof INSTANTS)[number]): number | undefined =>
    numberField(body, name);
  const source = text('source');
  const selection: PruneSelection = {
    access,
    action: 'delete',
    platforms: source === undefined ? undefined : [source],
    lastActiveBefore: cutoffIn(body, now),
    maxMessages: number('max_messages'),
    archived: flagField(body, 'include_archived') ? undefined : false,
    criteria: criteriaIn(text, number),
    includeOpen: false,
    includePinned: false,
  };
  return { selection, isDry: flagField(body, 'dry_run') };
}

/** The age limit. It does not apply with a range of start times. The default age applies only if there is no other criterion. */
function cutoffIn(body: RequestBody, now: number): number | undefined {
  const hasWindow = INSTANTS.some((name) => numberField(body, name) !== undefined);
  const isNarrowed =
    TEXTS.some((name) => textField(body, name) !== undefined) ||
    NUMBERS.some((name) => numberField(body, name) !== undefined);
  const usual = isNarrowed || body.older_than_days === null ? undefined : USUAL_AGE;
  const age = numberField(body, 'older_than_days') ?? usual;
  if (hasWindow || age === undefined) return undefined;
  if (age < 1) throw refused('older_than_days must be >= 1');
  return now - age * DAY;
}

function criteriaIn(
  text: (name: (typeof TEXTS)[number]) => string | undefined,
  number: (name: (typeof NUMBERS | typeof INSTANTS)[number]) => number | undefined,
): PruneCriteria {
  const row: RowCriteria = {
    folder: text('cwd_prefix'),
    provider: text('provider'),
    chatId: text('chat_id'),
    chatType: text('chat_type'),
    branch: text('branch_like'),
  };
  const bounds = (least: number | undefined, most?: number): Bounds | undefined =>
    least === undefined && most === undefined ? undefined : { least, most };
  return {
    startedBefore: number('started_before'),
    startedFrom: number('started_after'),
    title: text('title_like'),
    model: text('model_like'),
    endReason: text('end_reason'),
    userId: text('user_id'),
    messages: bounds(number('min_messages')),
    tokens: bounds(number('min_tokens'), number('max_tokens')),
    cost: bounds(number('min_cost'), number('max_cost')),
    toolCalls: bounds(number('min_tool_calls'), number('max_tool_calls')),
    row: Object.values(row).every((value) => value === undefined) ? undefined : row,
  };
}

/** @returns undefined if it is missing or empty. */
function textField(body: RequestBody, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw refused(`${name} must be a string`);
  return value;
}

function numberField(body: RequestBody, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw refused(`${name} must be a number`);
  return number;
}

function flagField(body: RequestBody, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw refused(`${name} must be a boolean`);
  return value;
}

function refused(message: string): ApiError {
  return new ApiError('invalid_parameter', { message });
}
