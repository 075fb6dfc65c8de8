import { z } from 'zod';
import { checked } from '../../http/validation.js';
import { UpdateSessionBody } from '../../sessions/dto/update-session.body.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { REVERSIBLE, type HistoryTool, type ToolAnswer, type ToolCall } from '../tool.js';
import { CONVERSATION, conversationText, toConversation } from './conversation.js';
import { historyOf } from '../../domain/access.js';
import type { Address } from '../address.js';
import { ADDRESS, titleOfWhole } from './fields.js';

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
  run: ({ title, ...address }, call) => change(address, { title }, call),
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

/** Changes a conversation, whichever of its sessions is named, and answers for it as lists show it. */
async function change(
  address: Address,
  fields: { readonly title?: string | null; readonly archived?: boolean; readonly pinned?: boolean },
  { caller, services: { sessions } }: ToolCall,
): Promise<ToolAnswer<z.input<Output>>> {
  const named = await sessions.get(address.id, historyOf(address), caller);
  const update = { body: await checked(UpdateSessionBody, fields, 'body'), history: historyOf(named) };
  const { tipId, rootId } = named;
  // Lists show the root's title where the tip has none, so that it would come back.
  if (fields.title === null && rootId !== tipId) await sessions.update(rootId, update, caller);
  const tip = await sessions.update(tipId, update, caller);
  const conversation = toConversation({ ...tip, title: await titleOfWhole(tip, sessions, caller) });
  return {
    structure: { notice: RECORDED, conversation },
    text: `Done.\n${new Quotation().around(conversationText(conversation))}`,
  };
}
