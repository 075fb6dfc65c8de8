import { z } from 'zod';
import { checked } from '../../http/validation.js';
import { UpdateSessionBody } from '../../sessions/dto/update-session.body.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { REVERSIBLE, type HistoryTool, type ToolAnswer, type ToolCall } from '../tool.js';
import { CONVERSATION, conversationText, toConversation } from './conversation.js';
import { historyOf } from '../../domain/access.js';
import type { Address } from '../address.js';
import { ADDRESS } from './fields.js';

const OUTPUT = z.object({
  notice: z.string(),
  conversation: CONVERSATION.describe('The conversation after the change.'),
});

type Output = typeof OUTPUT;

/** Common properties of all changing tools. */
const CHANGE = { scope: 'sessions:write', annotations: REVERSIBLE, output: OUTPUT } as const;

const RENAME = z.object({
  ...ADDRESS,
  title: z
    .string()
    .nullable()
    .describe('At most 100 characters, and unique among conversations; null removes the title.'),
});

/** Renames a conversation. */
export const renameConversation: HistoryTool<typeof RENAME, Output> = {
  ...CHANGE,
  name: 'rename_conversation',
  title: 'Rename a conversation',
  description:
    'Renames one conversation, whichever session of its chain you name. Ask the user before you replace a title that they chose themselves.',
  input: RENAME,
  run: async ({ title, ...address }, call) => {
    const { caller, services } = call;
    const named = await services.sessions.get(address.id, historyOf(address), caller);
    const { tipId, rootId } = named;
    const within = historyOf(named);
    // Lists show the root's title where the tip has none, so that it would come back.
    if (title === null && rootId !== tipId) await change({ id: rootId, ...within }, { title }, call);
    return change({ id: tipId, ...within }, { title }, call);
  },
};

const ARCHIVE = z.object({
  ...ADDRESS,
  archived: z.boolean().describe('true: hidden from lists. false: listed again.'),
});

/** Archives or unarchives a conversation. */
export const archiveConversation: HistoryTool<typeof ARCHIVE, Output> = {
  ...CHANGE,
  name: 'archive_conversation',
  title: 'Archive a conversation',
  description: 'Archives or unarchives one conversation with its whole chain. Nothing is deleted.',
  input: ARCHIVE,
  run: ({ archived, ...address }, call) => change(address, { archived }, call),
};

const PIN = z.object({ ...ADDRESS, pinned: z.boolean() });

/** Pins or unpins a conversation. */
export const pinConversation: HistoryTool<typeof PIN, Output> = {
  ...CHANGE,
  name: 'pin_conversation',
  title: 'Pin a conversation',
  description: 'Pins one conversation with its whole chain, so that clean-ups keep it; or unpins it.',
  input: PIN,
  run: ({ pinned, ...address }, call) => change(address, { pinned }, call),
};

async function change(
  address: Address,
  fields: object,
  { caller, services: { sessions } }: ToolCall,
): Promise<ToolAnswer<z.input<Output>>> {
  const body = await checked(UpdateSessionBody, fields, 'body');
  const update = { body, history: historyOf(address) };
  const conversation = toConversation(await sessions.update(address.id, update, caller));
  return {
    structure: { notice: RECORDED, conversation },
    text: `Done.\n${new Quotation().around(conversationText(conversation))}`,
  };
}
