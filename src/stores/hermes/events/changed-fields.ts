import type { SessionFact } from '../index/session-fact.js';
import type { SessionState } from '../index/session-change.js';

/** What the API calls the things that the index knows of a row. */
const FIELDS: Readonly<Partial<Record<keyof SessionFact, string>>> = {
  title: 'title',
  model: 'model',
  source: 'platform',
  userId: 'user_id',
  parentId: 'parent_session_id',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  endReason: 'end_reason',
  lastActiveAt: 'last_active_at',
  messageCount: 'message_count',
  toolCallCount: 'tool_call_count',
  storedMessages: 'turn_count',
  inactiveMessages: 'turn_count',
  archived: 'archived',
  pinned: 'pinned',
  inputTokens: 'usage',
  outputTokens: 'usage',
  cacheReadTokens: 'usage',
  cacheWriteTokens: 'usage',
  reasoningTokens: 'usage',
  estimatedCost: 'usage',
  actualCost: 'usage',
};

/** Fields of a conversation's entry that are its root's. */
const OF_THE_ROOT: readonly (keyof SessionFact)[] = [
  ...(['source', 'userId', 'parentId', 'startedAt', 'archived', 'pinned'] as const),
];

/** Which fields of a row differ. */
export function changedInRow(before: SessionState, after: SessionState): readonly string[] {
  return [
    ...fieldsBetween(before.fact, after.fact, Object.keys(FIELDS) as (keyof SessionFact)[]),
    ...(before.rootId === after.rootId ? [] : ['root_session_id']),
  ];
}

/** Which fields of a conversation's entry differ. */
export function changedInConversation(before: SessionState, after: SessionState): readonly string[] {
  const [a, b] = [before.conversation, after.conversation];
  if (a === undefined || b === undefined) return [];
  const ofTheTip = (Object.keys(FIELDS) as (keyof SessionFact)[]).filter(
    (name) => !OF_THE_ROOT.includes(name),
  );
  const fields = [
    ...fieldsBetween(before.fact, after.fact, ofTheTip),
    ...fieldsBetween(a.origin, b.origin, OF_THE_ROOT),
    ...(a.lastActiveAt === b.lastActiveAt ? [] : ['last_active_at']),
    ...(a.length === b.length ? [] : ['chain_length']),
    ...(before.rootId === after.rootId ? [] : ['root_session_id']),
  ];
  return [...new Set(fields)];
}

function fieldsBetween(
  a: SessionFact,
  b: SessionFact,
  names: readonly (keyof SessionFact)[],
): readonly string[] {
  const changed = names.filter((name) => a[name] !== b[name]);
  return [...new Set(changed.flatMap((name) => FIELDS[name] ?? []))];
}
