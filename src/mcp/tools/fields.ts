import { z } from 'zod';
import type { Principal } from '../../auth/principal.js';
import type { SessionDetail } from '../../domain/session.js';
import { conversationTitle } from '../../sessions/conversation-title.js';
import type { SessionsService } from '../../sessions/sessions.service.js';
import { historyOf } from '../address.js';

/** A session, by its id and where that is in several histories. */
export const ADDRESS = {
  id: z.string().min(1).max(2048).describe('Id of the conversation, as find_conversations gives it.'),
  profile: z
    .string()
    .optional()
    .describe('Profile of Hermes; only needed where an error says that several have this id.'),
  origin: z.string().optional().describe('Host; only needed where an error says that several have this id.'),
} as const;

/** Arguments of the call that goes on where an answer ends; null where there is nothing more. */
export const NEXT = z.record(z.string(), z.unknown()).nullable();

/** The title of the whole conversation that a session is part of. */
export function titleOfWhole(
  session: SessionDetail,
  sessions: SessionsService,
  caller: Principal,
): Promise<string | null> {
  return conversationTitle(session, (id) => sessions.get(id, historyOf(session), caller));
}

/** A call as a model is told of it. */
export function callText(tool: string, input: object): string {
  return `${tool} ${JSON.stringify(input)}`;
}
