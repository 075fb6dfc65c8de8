import fc from 'fast-check';
import { LAYOUTS } from '../support/breadth.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { smallHistory } from '../support/histories.js';
import { checkRounds } from '../support/rounds.js';
import { TestServer } from '../support/server.js';

/** What people and machines type: words, operators, punctuation, scripts, and what breaks parsers. */
const piece = fc.oneof(
  fc.constantFrom(
    'AND',
    'OR',
    'NOT',
    'NEAR',
    'NEAR(a b, 2)',
    '"',
    '""',
    '*',
    '(',
    ')',
    ':',
    '^',
    '-',
    '+',
    '{',
    '}',
    "'",
    '%',
    '\\',
    ',',
    '.',
    '@',
    '/',
  ),
  fc.constantFrom(
    'keeper',
    'tomat*',
    'content:keeper',
    'chat-send',
    'P2.2',
    '部署计划',
    '部署',
    '구글',
    '🚀',
    '㋐',
    '⺀',
    '🈀',
    '\u0000',
    '\ud83d',
    '\udc00',
    '\u202e',
    'ſ',
    'İ',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const text = fc.oneof(
  { weight: 8, arbitrary: fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' ')) },
  { weight: 2, arbitrary: fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('a ', 'a OR ', 'a NOT ', '"a" ', '部 ', '(', '*')
      .map((unit) => unit.repeat(2048).slice(0, 2048)),
  },
);

describe.each(LAYOUTS)('search on schema version %d', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it('never fails on any text', async () => {
    await checkRounds(
      fc.asyncProperty(text, fc.boolean(), async (search, children) => {
        const bounded = Array.from(search).slice(0, 2048).join('');
        const parameters = new URLSearchParams({ search: bounded, include_children: String(children) });
        const response = await server.get(`/v1/sessions?${parameters.toString()}`);
        expect({ search: bounded, status: response.status, body: response.text }).toMatchObject({
          status: 200,
        });
        const page = response.body as SessionListResponse;
        expect(page.data.length).toBe(page.total);
        for (const { match } of page.data) {
          expect(match?.snippet.replaceAll(/<\/?mark>|&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[<>&"']/);
        }
      }),
      700,
    );
  });
});
