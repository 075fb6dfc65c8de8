import { z } from 'zod';
import type { Principal } from '../../auth/principal.js';
import type { SessionDetail } from '../../domain/session.js';
import { conversationTitle } from '../../sessions/conversation-title.js';
import type { SessionsService } from '../../sessions/sessions.service.js';
import { historyOf } from '../../domain/access.js';

/** A session id, with its history if several histories have that id. */
export const ADDRESS = {
  id: z.string().min(1).max(2048).describe('Conversation id, as returned by find_conversations.'),
  profile: z
    .string()
    .optional()
    .describe('Hermes profile; only needed if an error says that several have this id.'),
  origin: z.string().optional().describe('Host; only needed if an error says that several have this id.'),
} as const;

/** Filters that lists and statistics share. */
export const FILTERS = {
  since: z.string().optional().describe('Started at or after this date or time, e.g. 2026-05-01 (UTC).'),
  until: z.string().optional().describe('Started before this date or time.'),
  model: z.string().optional().describe('Exact model name.'),
  user_id: z.string().optional().describe('Exact user id on the platform.'),
} as const;

/** Arguments of the call that continues where an answer ends; null at the end. */
export const NEXT = z.record(z.string(), z.unknown()).nullable();

/** The title of the whole conversation that a session belongs to. */
export function titleOfWhole(
  session: SessionDetail,
  sessions: SessionsService,
  caller: Principal,
): Promise<string | null> {
  return conversationTitle(session, (id) => sessions.get(id, historyOf(session), caller));
}

/** A tool call in the text for a model. */
export function callText(tool: string, input: object): string {
  return `${tool} ${JSON.stringify(input)}`;
}
