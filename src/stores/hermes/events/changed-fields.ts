import type { ShownField } from '../../../sessions/session-event.js';
import type { SessionFact } from '../index/session-fact.js';
import type { SessionState } from '../index/session-change.js';

/** Where the things that the index knows of a row show in a session. */
const FIELDS: Readonly<Partial<Record<keyof SessionFact, ShownField>>> = {
  title: 'title',
  model: 'model',
  source: 'platform',
  userId: 'userId',
  parentId: 'parentId',
  startedAt: 'startedAt',
  endedAt: 'endedAt',
  endReason: 'endReason',
  lastActiveAt: 'lastActiveAt',
  messageCount: 'messageCount',
  toolCallCount: 'toolCallCount',
  storedMessages: 'turnCount',
  inactiveMessages: 'turnCount',
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
export function changedInRow(before: SessionState, after: SessionState): readonly ShownField[] {
  return [
    ...fieldsBetween(before.fact, after.fact, Object.keys(FIELDS) as (keyof SessionFact)[]),
    ...(before.rootId === after.rootId ? [] : ['rootId' as const]),
  ];
}

/** Which fields of a conversation's entry differ. */
export function changedInConversation(before: SessionState, after: SessionState): readonly ShownField[] {
  const [a, b] = [before.conversation, after.conversation];
  if (a === undefined || b === undefined) return [];
  const ofTheTip = (Object.keys(FIELDS) as (keyof SessionFact)[]).filter(
    (name) => name !== 'title' && !OF_THE_ROOT.includes(name),
  );
  const fields = [
    ...(titleOf(before) === titleOf(after) ? [] : ['title' as const]),
    ...fieldsBetween(before.fact, after.fact, ofTheTip),
    ...fieldsBetween(a.origin, b.origin, OF_THE_ROOT),
    ...(a.lastActiveAt === b.lastActiveAt ? [] : ['lastActiveAt' as const]),
    ...(a.length === b.length ? [] : ['chainLength' as const]),
    ...(before.rootId === after.rootId ? [] : ['rootId' as const]),
  ];
  return [...new Set(fields)];
}

/** The title of a conversation: its root's where its tip has none. */
function titleOf({ fact, conversation }: SessionState): string | null {
  return fact.title ?? conversation?.origin.title ?? null;
}

function fieldsBetween(
  a: SessionFact,
  b: SessionFact,
  names: readonly (keyof SessionFact)[],
): readonly ShownField[] {
  const changed = names.filter((name) => a[name] !== b[name]);
  return [...new Set(changed.flatMap((name) => FIELDS[name] ?? []))];
}
