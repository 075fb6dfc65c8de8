import { z } from 'zod';
import { formatInstant } from '../../domain/instant.js';
import type { Session } from '../../domain/session.js';
import { safeCut } from '../../text/safe-cut.js';
import { toPlainSnippet } from '../../sessions/search/snippet.js';

/** Characters of a title: Hermes's own are shorter. */
const LONGEST_TITLE = 200;

/** A conversation as tools show it. */
export const CONVERSATION = z.object({
  id: z.string().describe('Use this id with the other tools.'),
  title: z.string().nullable(),
  begins: z.string().describe('Start of what the user wrote first.'),
  platform: z.string(),
  model: z.string().nullable(),
  started_at: z.string().nullable(),
  last_active_at: z.string().nullable(),
  messages: z.number().int(),
  user_messages: z.number().int(),
  sessions_in_chain: z.number().int().describe('More than 1 where the context was compressed on the way.'),
  archived: z.boolean(),
  pinned: z.boolean(),
  profile: z.string(),
  origin: z.string().nullable().describe('Host, where the histories of several are served.'),
  found: z
    .object({
      message_id: z.number().int().nullable().describe('null where only the title matches.'),
      role: z.string().nullable(),
      excerpt: z.string().describe('Text around the hits, which stand between two asterisks.'),
    })
    .optional()
    .describe('Where the search found it.'),
});

export type Conversation = z.input<typeof CONVERSATION>;

/** A session as tools show it. */
export function toConversation(session: Session): Conversation {
  const { match } = session;
  return {
    id: session.id,
    title: session.title === null ? null : shortened(session.title),
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
    ...(match === undefined
      ? {}
      : {
          found: {
            message_id: match.messageId,
            role: match.role,
            // Prompts of the system are for nobody.
            excerpt: match.role === 'system' ? '' : toPlainSnippet(match.snippet, '**', '**'),
          },
        }),
  };
}

/** The same in lines, for whoever reads text. */
export function conversationText(conversation: Conversation): string {
  const { id, title, begins, found } = conversation;
  const facts = [
    conversation.platform,
    ...(conversation.model === null ? [] : [conversation.model]),
    `${conversation.messages} messages`,
    `${day(conversation.started_at)} to ${day(conversation.last_active_at)}`,
    ...(conversation.archived ? ['archived'] : []),
    ...(conversation.pinned ? ['pinned'] : []),
    ...(conversation.profile === 'default' ? [] : [`profile ${conversation.profile}`]),
    ...(conversation.origin === null ? [] : [`host ${conversation.origin}`]),
  ];
  return [
    `- ${id}: ${title ?? 'untitled'}`,
    `  ${facts.join(' · ')}`,
    ...(begins === '' ? [] : [`  begins: ${begins}`]),
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

function shortened(title: string): string {
  return title.length <= LONGEST_TITLE ? title : `${title.slice(0, safeCut(title, LONGEST_TITLE))}…`;
}
