import { z } from 'zod';
import { formatInstant } from '../../domain/instant.js';
import type { Session } from '../../domain/session.js';
import { toPlainSnippet } from '../../sessions/search/snippet.js';
import { rolesOf } from '../text/message-text.js';
import { namedId, oneLine } from '../text/one-line.js';

/** A conversation in the answers of tools. */
export const CONVERSATION = z.object({
  id: z.string().describe('Pass this id to the other tools.'),
  title: z.string().nullable(),
  begins: z.string().describe("Start of the user's first message."),
  platform: z.string(),
  model: z.string().nullable(),
  started_at: z.string().nullable(),
  last_active_at: z.string().nullable(),
  messages: z.number().int(),
  user_messages: z.number().int(),
  sessions_in_chain: z.number().int().describe('More than 1 if the context was compressed along the way.'),
  archived: z.boolean(),
  pinned: z.boolean(),
  profile: z.string(),
  origin: z.string().nullable().describe('Host, if the histories of several hosts are served.'),
  found: z
    .object({
      message_id: z.number().int().nullable().describe('null if only the title matches.'),
      role: z.string().nullable(),
      excerpt: z.string().describe('Text around the matches, which are marked with **.'),
    })
    .optional()
    .describe('Where the search matched.'),
});

export type Conversation = z.input<typeof CONVERSATION>;

/** Converts a session for the answers of tools. */
export function toConversation(session: Session): Conversation {
  const { match } = session;
  return {
    id: session.id,
    title: session.title === null ? null : oneLine(session.title),
    begins: session.preview,
    platform: session.platform,
    model: session.model,
    started_at: formatInstant(session.startedAt),
    last_active_at: formatInstant(session.lastActiveAt),
    messages: session.messageCount,
    user_messages: session.turnCount,
    sessions_in_chain: session.chainLength,
    archived: session.archived,
    pinned: session.pinned,
    profile: session.profile,
    origin: session.origin,
    ...(match === undefined || !isReadable(match.role)
      ? {}
      : {
          found: {
            message_id: match.messageId,
            role: match.role,
            excerpt: toPlainSnippet(match.snippet, '**', '**'),
          },
        }),
  };
}

/** Whether a match can be read with a tool. Titles, which have no role, can; system prompts cannot. */
function isReadable(role: string | null): boolean {
  return role === null || rolesOf({ show: 'all' }).includes(role);
}

/** The same as text. */
export function conversationText(conversation: Conversation): string {
  const { id, title, begins, found } = conversation;
  const facts = [
    oneLine(conversation.platform),
    ...(conversation.model === null ? [] : [oneLine(conversation.model)]),
    `${conversation.messages} messages`,
    `${day(conversation.started_at)} to ${day(conversation.last_active_at)}`,
    ...(conversation.archived ? ['archived'] : []),
    ...(conversation.pinned ? ['pinned'] : []),
    ...(conversation.profile === 'default' ? [] : [`profile ${oneLine(conversation.profile)}`]),
    ...(conversation.origin === null ? [] : [`host ${oneLine(conversation.origin)}`]),
  ];
  return [
    `- ${namedId(id)}: ${title ?? 'untitled'}`,
    `  ${facts.join(' · ')}`,
    ...(begins === '' ? [] : [`  begins: ${oneLine(begins)}`]),
    ...(found === undefined ? [] : [`  ${foundText(found)}`]),
  ].join('\n');
}

function foundText({ message_id: id, role, excerpt }: NonNullable<Conversation['found']>): string {
  return id === null
    ? `found in the title: ${excerpt}`
    : `found in message ${id} (${role ?? ''}): ${excerpt}`;
}

function day(time: string | null): string {
  return time?.slice(0, 10) ?? 'unknown';
}
