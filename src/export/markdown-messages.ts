import { thoughtsOf, type Message } from '../domain/message.js';
import { escapeHtml } from '../text/escape-html.js';
import { asItIs, fenced, inline } from './literal-markdown.js';
import { partsOf, type MessagePart } from './message-parts.js';
import type { MessageFormat, TextWriter } from './page-format.js';
import { callsOf, outputText, readableTime, resultSummary, roleName } from './readable.js';
import { safeMarkdown } from './safe-markdown.js';
import { typedMarkdown } from './typed-markdown.js';

/** Messages as Markdown: users' texts are literal, models' Markdown is kept, tools are collapsed. */
export const MARKDOWN_MESSAGES: MessageFormat = {
  message: section,
  meaning: safeMarkdown,
  plain: asItIs,
};

function section(message: Message, write: TextWriter): string {
  const time = readableTime(message.timestamp);
  const heading = `### ${inline(roleName(message))}${time === null ? '' : ` · ${inline(time)}`}`;
  const body = partsOf(message).map((part) => showPart(part, textWriterOf(message.role, write)));
  const thoughts = thoughtsOf(message);
  const reasoning = thoughts === null ? [] : [folded('Reasoning', write(thoughts))];
  const calls = callsOf(message).map(({ summary, text }) => folded(summary, fenced(text, 'json')));
  const shown =
    message.role === 'tool'
      ? [folded(resultSummary(message), body.join('\n\n'))]
      : [...reasoning, ...body, ...calls];
  return `---\n\n${[heading, ...shown].join('\n\n')}\n\n`;
}

/** Models write Markdown, tools preformatted lines; users' texts are literal. */
function textWriterOf(role: string, write: TextWriter): TextWriter {
  if (role === 'assistant') return write;
  return role === 'tool' ? (text) => fenced(outputText(text)) : typedMarkdown;
}

function showPart(part: MessagePart, write: TextWriter): string {
  switch (part.kind) {
    case 'text':
      return write(part.text);
    case 'picture':
      return `![picture](${part.url})`;
    case 'link':
      return `[picture](<${part.url}>)`;
    case 'recording':
    case 'file':
      return typedMarkdown(`[${part.description}]`);
    case 'data':
      return fenced(part.json, 'json');
  }
}

/** Most Markdown viewers support these elements; the empty lines continue Markdown inside. */
function folded(summary: string, body: string): string {
  return `<details><summary>${escapeHtml(summary.replace(/\s+/g, ' '))}</summary>\n\n${body}\n\n</details>`;
}
