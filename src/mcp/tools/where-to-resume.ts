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
  resume_id: z.string().describe('The session to go on with.'),
  command: z.string().describe('Continues it in a terminal of the host where it is.'),
  host: z.string().nullable().describe('Where that is; null for the host of this history.'),
  is_same: z.boolean().describe('Whether that is the session that was asked for.'),
  conversation: CONVERSATION.describe('The session to go on with, as it is now.'),
});

/** Finds the session in which a conversation continues. */
export const whereToResume: HistoryTool<z.ZodObject<typeof ADDRESS>, typeof OUTPUT> = {
  name: 'where_to_resume',
  title: 'Where a conversation lives on',
  description:
    'Tells which session to resume to continue a conversation: when a context is compressed, Hermes goes on in a new session, and an older id would continue from the middle. Gives that id and the command for a terminal. Use it before a conversation is handed over or continued.',
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
  const inTerminal = `In a terminal${host === null ? '' : ` of ${host}`}: ${command}`;
  // An id can be any text, even several lines. The command for such an id is quoted as recorded data.
  const isPlain = namedId(id) === id;
  return [
    `Resume session ${namedId(id)}${isSame ? ', the one that you named' : ', in which the conversation went on'}.`,
    ...(isPlain ? [inTerminal] : []),
    new Quotation().around([conversationText(conversation), ...(isPlain ? [] : [inTerminal])].join('\n')),
  ].join('\n');
}
