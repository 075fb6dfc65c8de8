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
    .describe('Read from the beginning, as when left out, or the newest messages: end.'),
  around: MESSAGE_ID.optional().describe(
    'A message id: that message, with some before it and some after it.',
  ),
  after: MESSAGE_ID.optional().describe('A message id: go on behind that message.'),
  before: MESSAGE_ID.optional().describe('A message id: the messages that end before that one.'),
  from: MESSAGE_ID.optional().describe('A message id: begin with that message; skip says where in it.'),
  skip: z.number().int().min(0).optional().describe('Characters of the message of from that you have read.'),
  show: z
    .enum(['all', 'words', 'people'])
    .optional()
    .describe(
      'all: everything, as when left out. words: what user and assistant said, without tools. people: only what users wrote.',
    ),
  tools: z
    .enum(['folded', 'full'])
    .optional()
    .describe(
      'folded: a line for each tool call and result, as when left out. full: all of it, which costs much.',
    ),
  this_session_only: z
    .boolean()
    .optional()
    .describe('true: only the session with this id, not the others of its chain.'),
  max_characters: z
    .number()
    .int()
    .min(1000)
    .max(200_000)
    .optional()
    .describe(`Room for the messages of the answer; ${USUAL_ROOM} where left out, some 5,000 tokens.`),
});

type Input = z.output<typeof INPUT>;

const OUTPUT = z.object({
  notice: z.string(),
  id: z.string(),
  title: z.string().nullable(),
  resume_id: z.string().describe('The session in which the conversation lives on.'),
  total: z.number().int().describe('Messages of the conversation with the roles that are shown.'),
  messages: z.array(
    z.object({
      id: z.number().int(),
      session_id: z.string(),
      role: z.string(),
      name: z.string().describe('Who says it: User, Assistant, or the tool.'),
      time: z.string().nullable(),
      text: z.string(),
      skipped_characters: z.number().int().optional().describe('Of its text, that come before this piece.'),
      is_cut: z.literal(true).optional().describe('Its text goes on: see later.'),
    }),
  ),
  earlier: NEXT.describe('Arguments for what comes before; null where nothing does.'),
  later: NEXT.describe('Arguments for what comes after; null where nothing does.'),
});

type Structure = z.input<typeof OUTPUT>;

/** Reads as much of a conversation as there is room for. */
export const readConversation: HistoryTool<typeof INPUT, typeof OUTPUT> = {
  name: 'read_conversation',
  title: 'Read a conversation',
  description:
    'Reads what was said in one conversation: from its beginning, its end, or around a message that a search found. A conversation whose context was compressed is read as one. Gives whole messages up to max_characters and says with which arguments to go on. Tools are folded; show=words leaves them out, which is the cheapest way to follow a conversation.',
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
    ...(earlier === null ? [] : [`Left out before: ${callText('read_conversation', earlier)}`]),
    quotation.around(recorded),
    later === null
      ? 'This is the end of the conversation.'
      : `Left out behind: ${callText('read_conversation', later)}`,
  ].join('\n');
}

/** A heading with a random mark that no message can imitate, so that nobody's words pass for somebody else's. */
function headingOf({ message, skipped, isCut }: ReadMessage, { mark }: Quotation): string {
  const facts = [
    `message ${message.id}`,
    oneLine(roleName(message)),
    ...(message.timestamp === null ? [] : [readableTime(message.timestamp) ?? '']),
    ...(skipped === 0 ? [] : [`from character ${skipped} on`]),
    ...(isCut ? ['cut here'] : []),
  ];
  return `[${mark}] ${facts.join(' · ')}`;
}
