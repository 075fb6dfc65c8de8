import { candidate, DAY, SELECTION, type Candidate } from '../../../test/support/prune-candidates.js';
import { mergePlans, PlanDraft, type HistoryToPrune } from './plan-draft.js';
import type { CriteriaConversation } from './prune-criteria.js';
import type { DelegateSource } from './prune-rules.js';
import type { HistoryName } from '../../domain/access.js';
import type { PrunePlan } from './session-prune.js';

const NOBODY: DelegateSource<Candidate> = {
  delegatesOf: () => [],
  conversationOf: (delegate) => ({ members: [delegate], isListed: false }),
};

function aloneOf(id: string, more: Partial<Candidate> = {}): CriteriaConversation<Candidate> {
  const only = candidate(id, more);
  return { root: only, tip: only, members: [only] };
}

function historyOf(profile: string, bytes = 0, messages = 0): HistoryToPrune<HistoryName> {
  return { name: { profile, origin: null }, size: { bytes, messages } };
}

/** The plan of some conversations of one history. */
function planOf(conversations: readonly CriteriaConversation<Candidate>[], most?: number): PrunePlan {
  const draft = new PlanDraft<HistoryName>(SELECTION, most);
  const history = historyOf('one', 1000, 100);
  for (const conversation of conversations) draft.add(conversation, history, NOBODY);
  return draft.finish();
}

describe('a plan', () => {
  it('takes of each history the part of its bytes that its messages are of all', () => {
    const draft = new PlanDraft<HistoryName>(SELECTION);
    draft.add(aloneOf('a'), historyOf('one', 1000, 20), NOBODY);
    draft.add(aloneOf('b', { storedMessages: 3 }), historyOf('two', 90, 9), NOBODY);
    const { totals, conversations } = draft.finish();
    expect(totals).toMatchObject({ conversations: 2, members: 2, messages: 5, estimatedBytes: 100 + 30 });
    expect(conversations.map(({ id, profile }) => [profile, id])).toEqual([
      ['one', 'a'],
      ['two', 'b'],
    ]);
  });

  it('keeps its first conversations, and counts the others', () => {
    const all = ['a', 'b', 'c', 'd'].map((id, at) =>
      aloneOf(id, { startedAt: 9 - at, lastActiveAt: 10 + at }),
    );
    const { conversations, totals } = planOf(all, 2);
    expect(conversations.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(totals).toEqual({
      ...{ conversations: 4, members: 4, delegates: 0, messages: 8, estimatedBytes: 80 },
      ...{ activity: { earliest: 10, latest: 13 }, starts: { earliest: 6, latest: 9 } },
    });
  });

  it('has another word where anything is another in a conversation that it does not keep', () => {
    const tokenOf = (last: Partial<Candidate>): string =>
      planOf([aloneOf('a'), aloneOf('b'), aloneOf('c', last)], 1).token;
    expect(tokenOf({})).toBe(tokenOf({}));
    expect(tokenOf({ title: 'shown alone' })).toBe(tokenOf({}));
    expect(tokenOf({ lastActiveAt: 11 * DAY })).not.toBe(tokenOf({}));
    expect(planOf([aloneOf('a'), aloneOf('b')], 1).token).not.toBe(tokenOf({}));
  });

  it('counts a session once that worked for two of its conversations', () => {
    const shared = candidate('shared', { storedMessages: 5 });
    const source: DelegateSource<Candidate> = { ...NOBODY, delegatesOf: () => [shared] };
    const draft = new PlanDraft<HistoryName>(SELECTION);
    const history = historyOf('one');
    for (const id of ['a', 'b']) draft.add(aloneOf(id), history, source);
    expect(draft.finish().totals).toMatchObject({ conversations: 2, delegates: 1, messages: 9 });
  });
});

describe('plans of several profiles', () => {
  it('are one plan of all of them', () => {
    const plans = [planOf([aloneOf('a')]), planOf([aloneOf('b', { lastActiveAt: 12 * DAY })])];
    const { conversations, totals, token } = mergePlans(plans);
    expect(conversations.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(totals).toMatchObject({ conversations: 2, messages: 4, estimatedBytes: 40 });
    expect(totals.activity).toEqual({ earliest: 10 * DAY, latest: 12 * DAY });
    expect(token).not.toBe(mergePlans([...plans].reverse()).token);
    expect(mergePlans(plans.slice(0, 1)).token).toBe(plans[0]?.token);
  });

  it('are nothing where there are none', () => {
    const { conversations, totals } = mergePlans([]);
    expect({ conversations, totals }).toMatchObject({
      conversations: [],
      totals: { conversations: 0, activity: { earliest: null, latest: null } },
    });
  });
});
