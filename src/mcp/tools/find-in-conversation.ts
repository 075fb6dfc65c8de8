import { z } from 'zod';
import { formatInstant } from '../../domain/instant.js';
import { checked } from '../../http/validation.js';
import { MessageListQuery } from '../../sessions/dto/message-list.query.js';
import { rolesOf } from '../text/message-text.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { toPlainSnippet } from '../../sessions/search/snippet.js';
import { READ_ONLY, type HistoryTool } from '../tool.js';
import { historyOf } from '../../domain/access.js';
import { ADDRESS, callText, NEXT } from './fields.js';

const INPUT = z.object({
  ...ADDRESS,
  text: z
    .string()
    .min(1)
    .max(2048)
    .describe('Words to find. All must occur; "a phrase", prefix*, OR and NOT are supported.'),
  limit: z.number().int().min(1).max(50).optional().describe('Maximum number of messages; default: 10.'),
  offset: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Number of messages to skip, from next in the previous answer.'),
});

const OUTPUT = z.object({
  notice: z.string(),
  id: z.string(),
  total: z.number().int().describe('Total number of matching messages, including those not in this answer.'),
  messages: z.array(
    z.object({
      id: z.number().int().describe('Pass this to read_conversation as around.'),
      session_id: z.string(),
      role: z.string(),
      time: z.string().nullable(),
      excerpt: z.string().describe('Text around the matches, which are marked with **.'),
    }),
  ),
  next: NEXT.describe('Arguments for the next page; null if there is none.'),
});

/** Finds the messages of one conversation that contain a text. */
export const findInConversation: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'find_in_conversation',
  title: 'Find in a conversation',
  description:
    'Searches the messages of one conversation. Returns matches oldest first, each with an excerpt. Cheaper than reading a long conversation: afterwards, read around a match with read_conversation.',
  scope: 'sessions:read',
  annotations: READ_ONLY,
  input: INPUT,
  output: OUTPUT,

  async run(input, { caller, services: { sessions }, signal }) {
    const { id, text, limit = 10, offset = 0 } = input;
    const role = rolesOf({ show: 'all' });
    const query = await checked(MessageListQuery, {
      ...historyOf(input),
      limit,
      offset,
      role,
      lineage: true,
    });
    const page = await sessions.searchMessages(id, text, query, caller, signal);
    const structure = {
      notice: RECORDED,
      id,
      total: page.total,
      messages: page.hits.map(({ message, snippet }) => ({
        id: message.id,
        session_id: message.sessionId,
        role: message.role,
        time: formatInstant(message.timestamp),
        excerpt: toPlainSnippet(snippet, '**', '**'),
      })),
      next: page.hasMore ? { ...input, offset: offset + page.hits.length } : null,
    };
    return { structure, text: toText(structure, historyOf(input)) };
  },
};

function toText({ id, total, messages, next }: z.input<typeof OUTPUT>, history: object): string {
  const [first] = messages;
  if (first === undefined) return 'No matches in this conversation. Try fewer words, a prefix*, or OR.';
  const lines = messages.map(
    (hit) => `- message ${hit.id} (${hit.role}, ${hit.time ?? 'time unknown'}): ${hit.excerpt}`,
  );
  return [
    `${messages.length} of ${total} matching messages.`,
    new Quotation().around(lines.join('\n')),
    ...(next === null ? [] : [`For the next ones: ${callText('find_in_conversation', next)}`]),
    `To read one: ${callText('read_conversation', { id, ...history, around: first.id })}`,
  ].join('\n');
}
