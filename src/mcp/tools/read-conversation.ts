import { z } from 'zod';
import type { SessionDetail } from '../../domain/session.js';
import { readableTime, roleName, titleOf } from '../../export/readable.js';
import { defined } from '../../domain/defined.js';
import { formatInstant } from '../../domain/instant.js';
import type { ReadMessage } from '../text/transcript-reading.js';
import { namedId, oneLine } from '../text/one-line.js';
import { Quotation, RECORDED } from '../text/quotation.js';
import { READ_ONLY, type HistoryTool } from '../tool.js';
import { historyOf } from '../../domain/access.js';
import { ADDRESS, callText, NEXT, titleOfWhole } from './fields.js';
import { readTranscript, type TranscriptPart } from './transcript.js';

/** Default size of an answer in characters: some 5,000 tokens. */
const USUAL_ROOM = 20_000;

const MESSAGE_ID = z.number().int().min(0);

const INPUT = z.object({
  ...ADDRESS,
  start: z
    .enum(['beginning', 'end'])
    .optional()
    .describe('Which end of the conversation to read; default: beginning.'),
  around: MESSAGE_ID.optional().describe('A message id: reads that message with some before and after it.'),
  after: MESSAGE_ID.optional().describe('A message id: reads the messages after it.'),
  before: MESSAGE_ID.optional().describe('A message id: reads the messages just before it.'),
  from: MESSAGE_ID.optional().describe(
    'A message id: reads from that message on; skip sets where in it to start.',
  ),
  skip: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Characters of the from message that you have already read.'),
  show: z
    .enum(['all', 'words', 'people'])
    .optional()
    .describe(
      'all (default): everything. words: what the user and the assistant said, without tools. people: only what users wrote.',
    ),
  tools: z
    .enum(['folded', 'full'])
    .optional()
    .describe(
      'folded (default): one line per tool call and result. full: everything, which can be very long.',
    ),
  this_session_only: z
    .boolean()
    .optional()
    .describe('true: only the session with this id, not the rest of its chain.'),
  max_characters: z
    .number()
    .int()
    .min(1000)
    .max(200_000)
    .optional()
    .describe(`Maximum size of the messages in the answer; default: ${USUAL_ROOM}, about 5,000 tokens.`),
});

type Input = z.output<typeof INPUT>;

const OUTPUT = z.object({
  notice: z.string(),
  id: z.string(),
  title: z.string().nullable(),
  resume_id: z.string().describe('The session to resume to continue the conversation.'),
  total: z.number().int().describe('Number of messages in the conversation with the roles shown.'),
  messages: z.array(
    z.object({
      id: z.number().int(),
      session_id: z.string(),
      role: z.string(),
      name: z.string().describe('Who said it: User, Assistant, or the name of the tool.'),
      time: z.string().nullable(),
      text: z.string(),
      skipped_characters: z.number().int().optional().describe('Characters of its text before this part.'),
      is_cut: z.literal(true).optional().describe('The text continues: call again with later.'),
    }),
  ),
  earlier: NEXT.describe('Arguments for the messages before these; null if there are none.'),
  later: NEXT.describe('Arguments for the messages after these; null if there are none.'),
});

type Structure = z.input<typeof OUTPUT>;

/** Reads as much of a conversation as there is room for. */
export const readConversation: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'read_conversation',
  title: 'Read a conversation',
  description:
    'Reads the messages of one conversation: from the beginning, from the end, or around a search result. A conversation whose context was compressed is read as one. Returns whole messages up to max_characters, and the arguments to continue. Tools are folded; show=words omits them, which is the cheapest way to follow a conversation.',
  scope: 'sessions:read',
  annotations: READ_ONLY,
  input: INPUT,
  output: OUTPUT,

  async run(input, { caller, services: { sessions }, signal }) {
    const session = await sessions.get(input.id, historyOf(input), caller);
    const isWhole = input.this_session_only !== true;
    const title = (isWhole ? null : session.title) ?? (await titleOfWhole(session, sessions, caller));
    const part = await readTranscript(
      {
        ...input,
        history: historyOf(input),
        view: { show: input.show ?? 'all', tools: input.tools ?? 'folded' },
        isWhole,
        room: input.max_characters ?? USUAL_ROOM,
      },
      { sessions, caller, signal },
    );
    const structure = toStructure({ ...session, title }, part, input);
    return { structure, text: toText({ ...session, title }, part, structure) };
  },
};

function toStructure(session: SessionDetail, part: TranscriptPart, input: Input): Structure {
  const rest = {
    ...input,
    start: undefined,
    around: undefined,
    after: undefined,
    before: undefined,
    from: undefined,
    skip: undefined,
  };
  return {
    notice: RECORDED,
    id: session.id,
    title: session.title === null ? null : oneLine(session.title),
    resume_id: session.tipId,
    total: part.total,
    messages: part.messages.map(toMessage),
    earlier: part.earlier === null ? null : defined({ ...rest, ...part.earlier }),
    later: part.later === null ? null : defined({ ...rest, ...part.later }),
  };
}

function toMessage({ message, text, skipped, isCut }: ReadMessage): Structure['messages'][number] {
  return {
    id: message.id,
    session_id: message.sessionId,
    role: message.role,
    name: oneLine(roleName(message)),
    time: formatInstant(message.timestamp),
    text,
    ...(skipped === 0 ? {} : { skipped_characters: skipped }),
    ...(isCut ? { is_cut: true as const } : {}),
  };
}

function toText(session: SessionDetail, part: TranscriptPart, { earlier, later }: Structure): string {
  const quotation = new Quotation();
  const recorded = [
    `Title: ${oneLine(titleOf(session))}`,
    ...part.messages.map((each) => `${headingOf(each, quotation)}\n${each.text}`),
  ].join('\n\n');
  return [
    `Conversation ${namedId(session.id)}: ${part.messages.length} of ${part.total} messages.`,
    ...(earlier === null ? [] : [`Earlier messages: ${callText('read_conversation', earlier)}`]),
    quotation.around(recorded),
    later === null
      ? 'This is the end of the conversation.'
      : `Later messages: ${callText('read_conversation', later)}`,
  ].join('\n');
}

/** A heading with a random mark that no message can imitate, so that nobody's words pass for somebody else's. */
function headingOf({ message, skipped, isCut }: ReadMessage, { mark }: Quotation): string {
  const facts = [
    `message ${message.id}`,
    oneLine(roleName(message)),
    ...(message.timestamp === null ? [] : [readableTime(message.timestamp) ?? '']),
    ...(skipped === 0 ? [] : [`continued from character ${skipped}`]),
    ...(isCut ? ['truncated'] : []),
  ];
  return `[${mark}] ${facts.join(' · ')}`;
}
