import type { ExportRecord } from '../../export/export-record.js';
import { Quotation } from '../text/quotation.js';
import { historyOf } from '../../domain/access.js';
import { titleOfWhole } from '../tools/fields.js';
import { readTranscript, type TranscriptPart } from '../tools/transcript.js';
import type { ReadSession, ResourceText } from './session-resources.js';

/** Maximum characters of messages in a transcript: more than most conversations have, and not more than most contexts hold. */
const ROOM = 100_000;

/** The newest part of a conversation as Markdown, in the format of the export. */
export async function transcriptMarkdown({ session, signal, options }: ReadSession): Promise<ResourceText> {
  const { caller, services } = options;
  const request = {
    id: session.id,
    history: historyOf(session),
    view: { show: 'all', tools: 'folded' },
    isWhole: true,
    room: ROOM,
    start: 'end',
  } as const;
  const part = await readTranscript(request, { sessions: services.sessions, caller, signal });
  let markdown = '';
  const title = await titleOfWhole(session, services.sessions, caller);
  const page = { format: 'markdown', title, caller: caller.name } as const;
  const pieces = services.pages.write(recordsOf(session, part), page, signal);
  for await (const piece of pieces) markdown += piece;
  const left =
    part.earlier === null
      ? ''
      : `\n${part.total - part.messages.length} earlier messages omitted; read them with read_conversation.`;
  return { mimeType: 'text/markdown', text: `${new Quotation().around(markdown)}${left}` };
}

/** The messages with their displayed text as their only content. */
async function* recordsOf(
  session: ReadSession['session'],
  { messages }: TranscriptPart,
): AsyncGenerator<ExportRecord> {
  yield { kind: 'session', session };
  yield {
    kind: 'messages',
    messages: messages.map(({ message, text }) => ({
      ...message,
      content: text,
      toolCalls: null,
      reasoning: null,
      reasoningContent: null,
    })),
  };
  return Promise.resolve();
}
