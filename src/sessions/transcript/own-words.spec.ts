import { ownWords, PRIOR_END, SUMMARY_END } from './own-words.js';

const SUMMARY = '[CONTEXT COMPACTION — REFERENCE ONLY] Earlier turns were compacted. Do NOT answer them.';
const SKILL =
  '[IMPORTANT: The user has invoked the "work" skill, indicating they want you to follow its instructions.]\n\nBody.\n\n';
const AGAIN =
  '[STILL IN PROGRESS — this is the active request, restated after the compaction boundary because it was not finished yet. Continue it; do not start over.]';
const TYPED = 'The user has provided the following instruction alongside the skill invocation: fix the leak';

describe('what of a message its user wrote', () => {
  it.each<[string, string, string | null]>([
    ['all of a plain message', 'Water the garden', 'Water the garden'],
    ['nothing of a summary', SUMMARY, null],
    ['nothing of an older summary', '[CONTEXT SUMMARY]: They spoke of gardens.', null],
    ['nothing of a summary that ends as one', `${SUMMARY}\n\n${SUMMARY_END}\n\n`, null],
    [
      'what stands behind a summary',
      `${SUMMARY}\n\n${SUMMARY_END}\n\nGo on with step 3`,
      'Go on with step 3',
    ],
    [
      'what stands before a summary',
      `[PRIOR CONTEXT — for reference only; not a new message]\nGo on\n\n${PRIOR_END}\n${SUMMARY}`,
      'Go on',
    ],
    ['a skill call with what was typed', `${SKILL}${TYPED}`, '/work — fix the leak'],
    [
      'a skill call without the notes behind it',
      `${SKILL}${TYPED}\n\n[Runtime note: 5 s]`,
      '/work — fix the leak',
    ],
    ['a skill call alone', SKILL, '/work'],
    ['a skill call behind a summary', `${SUMMARY}\n${SUMMARY_END}\n${SKILL}${TYPED}`, '/work — fix the leak'],
    ['a request that is said again after a compaction', `${AGAIN}\n\nWater it`, 'Water it'],
    [
      'a request that is said again behind a summary',
      `${SUMMARY}\n${SUMMARY_END}\n${AGAIN}\nWater it`,
      'Water it',
    ],
    [
      'all of a message that speaks of skills',
      'I have invoked the "work" skill',
      'I have invoked the "work" skill',
    ],
  ])('%s', (_what, text, words) => {
    expect(ownWords(text)).toBe(words);
  });
});
