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
    .describe('Words that were said; all must occur. "a phrase", prefix*, OR and NOT work.'),
  limit: z.number().int().min(1).max(50).optional().describe('Messages to give; 10 where left out.'),
  offset: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Messages to leave out, from next of the answer before.'),
});

const OUTPUT = z.object({
  notice: z.string(),
  id: z.string(),
  total: z.number().int().describe('Messages that match, those that are not in this answer included.'),
  messages: z.array(
    z.object({
      id: z.number().int().describe('For around of read_conversation.'),
      session_id: z.string(),
      role: z.string(),
      time: z.string().nullable(),
      excerpt: z.string().describe('Text around the hits, which stand between two asterisks.'),
    }),
  ),
  next: NEXT.describe('Arguments for the next messages; null where these are all.'),
});

/** Finds the messages of one conversation that contain a text. */
export const findInConversation: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'find_in_conversation',
  title: 'Find in a conversation',
  description:
    'Finds the messages of one conversation in which words were said, oldest first, with a line of each. Cheaper than reading a long conversation: read around a message_id with read_conversation afterwards.',
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
  if (first === undefined) return 'Nothing in this conversation matches. Try fewer words, a prefix*, or OR.';
  const lines = messages.map(
    (hit) => `- message ${hit.id} (${hit.role}, ${hit.time ?? 'time unknown'}): ${hit.excerpt}`,
  );
  return [
    `${messages.length} of ${total} messages that match.`,
    new Quotation().around(lines.join('\n')),
    ...(next === null ? [] : [`For the next ones: ${callText('find_in_conversation', next)}`]),
    `To read one: ${callText('read_conversation', { id, ...history, around: first.id })}`,
  ].join('\n');
}
