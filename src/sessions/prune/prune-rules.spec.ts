import { candidate, DAY, SELECTION, type Candidate } from '../../../test/support/prune-candidates.js';
import { DomainError } from '../../domain/errors.js';
import type { CriteriaConversation, PruneCriteria } from './prune-criteria.js';
import {
  PlanInHistory,
  PrunePlanning,
  type DelegateSource,
  type TouchedConversation,
} from './prune-rules.js';
import type { PruneSelection } from './session-prune.js';

/** Delegates by the session that they worked for; by default each is its own, unlisted conversation. */
function sourceOf(
  delegates: Readonly<Record<string, readonly Candidate[]>>,
  conversations: Readonly<Record<string, TouchedConversation>> = {},
): DelegateSource<Candidate> {
  return {
    delegatesOf: (ids) => ids.flatMap((id) => delegates[id] ?? []),
    conversationOf: (delegate) => conversations[delegate.id] ?? { members: [delegate], isListed: false },
  };
}

/** A chain of some sessions, root first. */
function chainOf(members: readonly Candidate[]): CriteriaConversation<Candidate> {
  const [root = candidate('none')] = members;
  return { root, tip: members.at(-1) ?? root, members };
}

/** The error for an outdated plan. */
const CHANGED = new DomainError('plan_changed');

const NOBODY = sourceOf({});

describe('a clean-up', () => {
  it.each<[string, Partial<Candidate>, Partial<PruneSelection>]>([
    ['has not ended', { endedAt: null }, { includeOpen: true }],
    ['is pinned', { pinned: true }, { includePinned: true }],
    ['was at work lately', { lastActiveAt: 20 * DAY }, { lastActiveBefore: 20 * DAY + 1 }],
    ['has no time at all', { lastActiveAt: null }, { lastActiveBefore: undefined }],
    [
      'was ended lately by a start of Hermes',
      { endReason: 'startup_orphan_reap', endedAt: 30 * DAY },
      { lastActiveBefore: 31 * DAY },
    ],
  ])('spares a conversation of which a member or a delegate %s', (_what, state, selected) => {
    const living = candidate('living', state);
    const selection = { ...SELECTION, ...selected };
    for (const [members, source] of [
      [[candidate('a'), living], NOBODY],
      [[candidate('a')], sourceOf({ a: [living] })],
    ] as const) {
      expect(new PrunePlanning(SELECTION).take(chainOf(members), source)).toBeUndefined();
      expect(new PrunePlanning(selection).take(chainOf(members), source)).toBeDefined();
    }
  });

  it('takes no delegates along where it archives', () => {
    const source = sourceOf({ a: [candidate('worker', { endedAt: null })] });
    const taken = new PrunePlanning({ ...SELECTION, action: 'archive' }).take(
      chainOf([candidate('a')]),
      source,
    );
    expect(taken).toMatchObject({ members: [{ id: 'a' }], delegates: [], messages: 2 });
  });

  it.each<[string, TouchedConversation]>([
    [
      'the rest of a conversation would lose its beginning',
      { members: [{ id: 'worker' }, { id: 'rest' }], isListed: false },
    ],
    ['a delegate is listed by itself', { members: [{ id: 'worker' }], isListed: true }],
  ])('spares whom a delegate worked for where %s', (_what, conversation) => {
    const source = sourceOf({ a: [candidate('worker')] }, { worker: conversation });
    expect(new PrunePlanning(SELECTION).take(chainOf([candidate('a')]), source)).toBeUndefined();
  });

  it('counts a delegate of two conversations with the first', () => {
    const shared = candidate('shared', { storedMessages: 5 });
    const source = sourceOf({ a: [shared], b: [shared] });
    const planning = new PrunePlanning(SELECTION);
    expect(planning.take(chainOf([candidate('a')]), source)?.messages).toBe(7);
    expect(planning.take(chainOf([candidate('b')]), source)?.messages).toBe(2);
  });

  it('takes nothing of another, but what nobody has and worked for one of theirs', () => {
    const selection = { ...SELECTION, access: { userId: 'ana' } };
    const own = candidate('a', { userId: 'ana' });
    const take = (members: readonly Candidate[], delegate: Candidate): unknown =>
      new PrunePlanning(selection).take(chainOf(members), sourceOf({ a: [delegate] }));
    expect(take([own], candidate('worker'))).toBeDefined();
    expect(take([own], candidate('worker', { userId: 'bo' }))).toBeUndefined();
    expect(take([own, candidate('b')], candidate('worker'))).toBeUndefined();
  });
});

describe('a clean-up with criteria', () => {
  const root = candidate('root', {
    ...{ title: 'Garden 100%', model: 'first', userId: 'ana', endReason: 'compression' },
    ...{ messageCount: 3, inputTokens: 10, actualCost: 0.5, toolCallCount: 1 },
  });
  const tip = candidate('tip', {
    ...{ model: 'vendor/Second', userId: 'ana', startedAt: 10 * DAY },
    ...{ messageCount: 4, outputTokens: 5, estimatedCost: 0.25, toolCallCount: 2 },
  });

  it.each<readonly [PruneCriteria, PruneCriteria]>([
    [{ startedBefore: 9 * DAY + 1 }, { startedBefore: 9 * DAY }],
    [{ startedFrom: 9 * DAY }, { startedFrom: 9 * DAY + 1 }],
    [{ title: 'den 100%' }, { title: 'gar_en' }],
    [{ model: 'second' }, { model: 'first' }],
    [{ endReason: 'user_exit' }, { endReason: 'compression' }],
    [{ userId: 'ana' }, { userId: 'bo' }],
    [{ messages: { least: 7, most: 7 } }, { messages: { least: 8 } }],
    [{ messages: { most: 7 } }, { messages: { most: 6 } }],
    [{ tokens: { least: 15, most: 15 } }, { tokens: { most: 14 } }],
    [{ cost: { least: 0.75, most: 0.75 } }, { cost: { least: 0.8 } }],
    [{ toolCalls: { least: 3, most: 3 } }, { toolCalls: { most: 2 } }],
  ])('takes a conversation for %j, and not for %j', (criteria, others) => {
    const take = (some: PruneCriteria): unknown =>
      new PrunePlanning({ ...SELECTION, criteria: some }).take(chainOf([root, tip]), NOBODY);
    expect(take(criteria)).toMatchObject({ shown: { title: null, model: 'vendor/Second', messageCount: 4 } });
    expect(take(others)).toBeUndefined();
  });

  it('takes none that began at no known time for when it began', () => {
    const timeless = chainOf([candidate('a', { startedAt: null })]);
    for (const criteria of [{ startedBefore: 99 * DAY }, { startedFrom: 0 }])
      expect(new PrunePlanning({ ...SELECTION, criteria }).take(timeless, NOBODY)).toBeUndefined();
  });
});

describe('a plan that is carried out', () => {
  const members = [candidate('a'), candidate('b')];
  const delegates = [candidate('worker')];
  const planned = (): PlanInHistory => {
    const going = new PrunePlanning(SELECTION).take(chainOf(members), sourceOf({ a: delegates }));
    return new PlanInHistory([{ id: 'b', ...(going ?? { members: [], delegates: [] }) }]);
  };

  it('holds while nothing has changed, in whatever order it is read', () => {
    expect(() => {
      planned().requireUnchanged({ members: [...members].reverse(), delegates }, NOBODY);
    }).not.toThrow();
  });

  it.each<[string, readonly Candidate[], readonly Candidate[]]>([
    ['a member was used', [candidate('a', { lastActiveAt: 11 * DAY }), candidate('b')], delegates],
    ['a member was pinned', [candidate('a', { pinned: true }), candidate('b')], delegates],
    ['a delegate was resumed', members, [candidate('worker', { endedAt: null })]],
    ['there is one more delegate', members, [...delegates, candidate('second')]],
    ['there is one more member', [...members, candidate('c')], delegates],
  ])('is refused where %s', (_what, now, workers) => {
    expect(() => {
      planned().requireUnchanged({ members: now, delegates: workers }, NOBODY);
    }).toThrow(CHANGED);
  });

  it('takes a conversation for gone only where this plan itself has deleted all of it', () => {
    const plan = planned();
    plan.remember([{ id: 'b' }]);
    expect(() => {
      plan.requireGone('b');
    }).toThrow(CHANGED);
    plan.remember([{ id: 'a' }]);
    expect(() => {
      plan.requireGone('b');
    }).not.toThrow();
  });
});
