import { completable, type GetPromptResult, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { HistoryServerOptions } from '../history-server.js';
import { completeSessionId } from '../resources/completion.js';

/** Offers prompts for people to begin with. */
export function offerPrompts(server: McpServer, options: HistoryServerOptions): void {
  server.registerPrompt(
    'continue_conversation',
    {
      title: 'Continue a conversation',
      description: 'Pick up here where a conversation with Hermes left off.',
      argsSchema: z.object({
        conversation: completable(z.string().min(1).describe('Its id, or words from it.'), (typed) =>
          completeSessionId(typed, options),
        ),
      }),
    },
    ({ conversation }) => asked(continuing(conversation)),
  );
  server.registerPrompt(
    'what_did_we_decide',
    {
      title: 'What did we decide about …',
      description: 'Look up a decision in past conversations.',
      argsSchema: z.object({ topic: z.string().min(1).describe('What the decision was about.') }),
    },
    ({ topic }) => asked(deciding(topic)),
  );
}

function asked(text: string): GetPromptResult {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}

function continuing(conversation: string): string {
  return [
    `I want to continue an earlier conversation with Hermes Agent: ${JSON.stringify(conversation)}.`,
    'If that is not an id, find it with find_conversations, and ask me if several could be meant.',
    'Read its end with read_conversation (start=end, show=words), and as much more as you need to know where we left off.',
    'Call where_to_resume, so you can tell me how to continue it in Hermes itself.',
    'Then sum up in a few lines what it was about, what is done and what is still open, and continue with me from there.',
  ].join('\n');
}

function deciding(topic: string): string {
  return [
    `What did we decide about ${JSON.stringify(topic)} in earlier conversations with Hermes Agent?`,
    'Search with find_conversations for the most distinctive words, and for synonyms; read around the matches with read_conversation.',
    'Look for the latest word on it: later conversations can overturn earlier ones.',
    'Answer with the decision, the reasons, and the ids and dates of the conversations it comes from. If nothing was decided, say so.',
  ].join('\n');
}
