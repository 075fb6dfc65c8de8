import { completable, type GetPromptResult, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { HistoryServerOptions } from '../history-server.js';
import { completeSessionId } from '../resources/completion.js';

/** Offers prompts for people to begin with. */
export function offerPrompts(server: McpServer, options: HistoryServerOptions): void {
  server.registerPrompt(
    'continue_conversation',
    {
      title: 'Continue that conversation',
      description: 'Go on here where a conversation with Hermes ended.',
      argsSchema: z.object({
        conversation: completable(
          z.string().min(1).describe('Its id, or words that were said in it.'),
          (typed) => completeSessionId(typed, options),
        ),
      }),
    },
    ({ conversation }) => asked(continuing(conversation)),
  );
  server.registerPrompt(
    'what_did_we_decide',
    {
      title: 'What did we decide about …',
      description: 'Look up in past conversations what came of something.',
      argsSchema: z.object({ topic: z.string().min(1).describe('What it was about.') }),
    },
    ({ topic }) => asked(deciding(topic)),
  );
}

function asked(text: string): GetPromptResult {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}

function continuing(conversation: string): string {
  return [
    `I want to go on with an earlier conversation with Hermes Agent: ${JSON.stringify(conversation)}.`,
    'If that is no id, find it with find_conversations, and ask me where several could be meant.',
    'Read its end with read_conversation (start=end, show=words), and more of it as far as you need to know where we stood.',
    'Call where_to_resume, so that you can tell me how to continue it in Hermes itself.',
    'Then sum up in a few lines what it was about, what is done and what is open, and go on with me from there.',
  ].join('\n');
}

function deciding(topic: string): string {
  return [
    `What did we decide about ${JSON.stringify(topic)} in earlier conversations with Hermes Agent?`,
    'Search with find_conversations for its most telling words, and for other words for the same; read around what is found with read_conversation.',
    'Look for what was said last: later conversations can take back earlier ones.',
    'Answer with the decision, its reasons, and the ids and dates of the conversations that it stands in. Say so where nothing was decided.',
  ].join('\n');
}
