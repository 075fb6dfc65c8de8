import { z } from 'zod';
import { resumeCommand } from '../../text/resume-command.js';
import { namedId } from '../text/one-line.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { READ_ONLY, type HistoryTool } from '../tool.js';
import { CONVERSATION, conversationText, toConversation } from './conversation.js';
import { historyOf } from '../../domain/access.js';
import { ADDRESS, titleOfWhole } from './fields.js';

const OUTPUT = z.object({
  notice: z.string(),
  resume_id: z.string().describe('The session to resume.'),
  command: z.string().describe('Resumes it in a terminal on its host.'),
  host: z.string().nullable().describe('The host it is on; null for the host of this history.'),
  is_same: z.boolean().describe('Whether it is the session you asked for.'),
  conversation: CONVERSATION.describe('The session to resume.'),
});

/** Finds the session in which a conversation continues. */
export const whereToResume: HistoryTool<z.ZodObject<typeof ADDRESS>, typeof OUTPUT> = {
  name: 'where_to_resume',
  title: 'Where to resume a conversation',
  description:
    'Returns the session to resume to continue a conversation, with the terminal command. When a context is compressed, Hermes continues in a new session, so resuming an older id would continue from the middle. Call this before handing over or continuing a conversation.',
  scope: 'sessions:read',
  annotations: READ_ONLY,
  input: z.object(ADDRESS),
  output: OUTPUT,

  async run(input, { caller, services: { sessions } }) {
    const named = await sessions.get(input.id, historyOf(input), caller);
    const { tipId, profile, origin } = named;
    const tip = tipId === named.id ? named : await sessions.get(tipId, historyOf(named), caller);
    const conversation = toConversation({ ...tip, title: await titleOfWhole(tip, sessions, caller) });
    const structure = {
      notice: RECORDED,
      resume_id: tipId,
      command: resumeCommand({ id: tipId, profile }),
      host: origin,
      is_same: tipId === input.id,
      conversation,
    };
    return { structure, text: toText(structure) };
  },
};

function toText({
  resume_id: id,
  command,
  host,
  is_same: isSame,
  conversation,
}: z.input<typeof OUTPUT>): string {
  const inTerminal = `In a terminal${host === null ? '' : ` on ${host}`}: ${command}`;
  // An id can be any text, even several lines. The command for such an id is quoted as recorded data.
  const isPlain = namedId(id) === id;
  return [
    `Resume session ${namedId(id)}${isSame ? ', the one you asked for' : ', where the conversation continued'}.`,
    ...(isPlain ? [inTerminal] : []),
    new Quotation().around([conversationText(conversation), ...(isPlain ? [] : [inTerminal])].join('\n')),
  ].join('\n');
}
