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
      'Words to find in messages or titles. All must occur; "a phrase", prefix*, OR and NOT are supported. Rare words are fastest. If omitted, the newest conversations are listed.',
    ),
  platform: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Where it started, e.g. cli, telegram or api_server.'),
  ...FILTERS,
  title: z.string().optional().describe('Exact title; use text to search for words in titles.'),
  profile: z.array(z.string()).min(1).optional().describe('Hermes profiles; default: all.'),
  origin: z.array(z.string()).min(1).optional().describe('Hosts, if the histories of several are served.'),
  archived: z.enum(ARCHIVE_RULES).optional().describe('Default: only conversations that are not archived.'),
  pinned: z.boolean().optional(),
  sort: z
    .enum(SESSION_SORTS)
    .optional()
    .describe('Default: best match first with text, otherwise most recent activity first.'),
  limit: z.number().int().min(1).max(50).optional().describe('Maximum number of conversations; default: 10.'),
  after: z.string().optional().describe('From next in the previous answer: continues after it.'),
});

type Input = z.output<typeof INPUT>;

const OUTPUT = z.object({
  notice: z.string(),
  conversations: z.array(CONVERSATION),
  total: z
    .number()
    .int()
    .describe('Total number of matching conversations, including those not in this answer.'),
  next: NEXT.describe('Arguments for the next page; null if there is none.'),
  warnings: z.array(z.string()).describe('Why results may be missing.'),
});

/** Finds conversations by their text and their metadata. */
export const findConversations: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'find_conversations',
  title: 'Find conversations',
  description:
    'Call this first. Searches the text of all conversations that Hermes Agent keeps, or lists them by platform, time, model or title. Returns ids and short summaries, not the messages: read those with read_conversation. Cheap, but a search for very common words can take seconds.',
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
    ...(searchIncomplete ? ['A search index is being rebuilt: results may be missing.'] : []),
    ...(unavailableProfiles.length === 0
      ? []
      : [`These profiles are currently unavailable: ${unavailableProfiles.join(', ')}.`]),
  ];
}

function toText({ conversations, total, next, warnings }: z.input<typeof OUTPUT>, { text }: Input): string {
  const [first] = conversations;
  if (first === undefined)
    return ['No conversations found.', ...warnings, ...(text === undefined ? [] : [HINT])].join('\n');
  const found = new Quotation().around(conversations.map(conversationText).join('\n'));
  const more = next === null ? [] : [`For the next ones: ${callText('find_conversations', next)}`];
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
