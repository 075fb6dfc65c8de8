import { z } from 'zod';
import { checked } from '../../http/validation.js';
import { SessionListQuery } from '../../sessions/dto/session-list.query.js';
import { ARCHIVE_RULES } from '../../sessions/session-filter.js';
import { SESSION_SORTS, type SessionPage } from '../../sessions/session-query.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { READ_ONLY, type HistoryTool } from '../tool.js';
import { CONVERSATION, conversationText, toConversation } from './conversation.js';
import { callText, FILTERS, NEXT } from './fields.js';

const INPUT = z.object({
  text: z
    .string()
    .max(2048)
    .optional()
    .describe(
      'Words that were said, or that a title has. All must occur; "a phrase", prefix*, OR and NOT work. Rare words are quickest. Left out: the newest conversations.',
    ),
  platform: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Where it began, such as cli, telegram or api_server.'),
  ...FILTERS,
  title: z.string().optional().describe('The exact title; for words of a title use text.'),
  profile: z.array(z.string()).min(1).optional().describe('Profiles of Hermes; all where left out.'),
  origin: z.array(z.string()).min(1).optional().describe('Hosts, where the histories of several are served.'),
  archived: z.enum(ARCHIVE_RULES).optional().describe('Left out: those that are not archived.'),
  pinned: z.boolean().optional(),
  sort: z
    .enum(SESSION_SORTS)
    .optional()
    .describe('Left out: best match first with text, otherwise newest activity first.'),
  limit: z.number().int().min(1).max(50).optional().describe('Conversations to give; 10 where left out.'),
  after: z.string().optional().describe('From next of the answer before: goes on behind it.'),
});

type Input = z.output<typeof INPUT>;

const OUTPUT = z.object({
  notice: z.string(),
  conversations: z.array(CONVERSATION),
  total: z
    .number()
    .int()
    .describe('Conversations that there are, those that are not in this answer included.'),
  next: NEXT.describe('Arguments for the next conversations; null where these are all.'),
  warnings: z.array(z.string()).describe('Why some may be missing.'),
});

/** Finds conversations by their text and their metadata. */
export const findConversations: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'find_conversations',
  title: 'Find conversations',
  description:
    'Call this first. Searches all conversations that Hermes Agent keeps by what was said in them, and lists them by platform, time, model or title. Gives ids and a line each, not what was said: read that with read_conversation. Cheap; a search for very frequent words can take seconds.',
  scope: 'sessions:read',
  annotations: READ_ONLY,
  input: INPUT,
  output: OUTPUT,

  async run(input, { caller, services, signal }) {
    const { text, after, limit = 10, ...filters } = input;
    const query = await checked(SessionListQuery, { ...filters, search: text, after, limit });
    const page = await services.sessions.list(query, caller, signal);
    const next = page.next === null ? null : { ...input, after: services.cursors.encode(page.next, query) };
    const structure = {
      notice: RECORDED,
      conversations: page.entries.map(({ session }) => toConversation(session)),
      total: page.total,
      next,
      warnings: warningsOf(page),
    };
    return { structure, text: toText(structure, input) };
  },
};

function warningsOf({ searchIncomplete, unavailableProfiles }: SessionPage): string[] {
  return [
    ...(searchIncomplete ? ['A search index is being rebuilt: something may be missing.'] : []),
    ...(unavailableProfiles.length === 0
      ? []
      : [`These profiles cannot be read at the moment: ${unavailableProfiles.join(', ')}.`]),
  ];
}

function toText({ conversations, total, next, warnings }: z.input<typeof OUTPUT>, { text }: Input): string {
  const [first] = conversations;
  if (first === undefined)
    return ['No conversations found.', ...warnings, ...(text === undefined ? [] : [HINT])].join('\n');
  const found = new Quotation().around(conversations.map(conversationText).join('\n'));
  const more =
    next === null
      ? []
      : [`There are ${total} in all. For the next ones: ${callText('find_conversations', next)}`];
  return [
    `${conversations.length} of ${total} conversations.`,
    found,
    ...warnings,
    ...more,
    `To read one: ${callText('read_conversation', readingOf(first))}`,
  ].join('\n');
}

const HINT = 'Try fewer words, a prefix*, or OR.';

function readingOf({ id, found }: z.input<typeof CONVERSATION>): object {
  return found?.message_id == null ? { id } : { id, around: found.message_id };
}
