import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { thoughtsOf, type Message } from '../domain/message.js';
import { formatInstant } from '../domain/instant.js';
import { escapeHtml } from '../text/escape-html.js';
import { isIntricateMarkdown } from '../text/intricate-markdown.js';
import { partsOf, type MessagePart } from './message-parts.js';
import type { MessageFormat, TextWriter } from './page-format.js';
import { callsOf, LONGEST_RENDERED, outputText, readableTime, resultSummary, roleName } from './readable.js';

/** Messages as HTML: the models' Markdown is rendered, tools and reasoning are collapsed. */
export const HTML_MESSAGES: MessageFormat = {
  message: article,
  meaning: rendered,
  plain: preformatted,
};

function article(message: Message, write: TextWriter): string {
  const { role, timestamp } = message;
  const thoughts = thoughtsOf(message);
  const time =
    timestamp === null
      ? ''
      : `<time datetime="${formatInstant(timestamp)}">${readableTime(timestamp) ?? ''}</time>`;
  const body = partsOf(message).map((part) => showPart(part, textWriterOf(role, write)));
  const calls = callsOf(message).map(({ summary, text }) => folded(summary, preformatted(text)));
  const shown =
    role === 'tool'
      ? [folded(resultSummary(message), body.join('\n'))]
      : [...(thoughts === null ? [] : [folded('Reasoning', write(thoughts))]), ...body, ...calls];
  const kind = ['user', 'assistant', 'tool'].find((known) => known === role) ?? 'other';
  return `<article class="${kind}"><h2><span>${escapeHtml(roleName(message))}</span>${time}</h2>\n${shown.join('\n')}\n</article>\n`;
}

/** Models write Markdown, tools preformatted lines; users' texts are literal. */
function textWriterOf(role: string, write: TextWriter): TextWriter {
  if (role === 'assistant') return write;
  return role === 'tool' ? (text) => preformatted(outputText(text)) : typed;
}

function showPart(part: MessagePart, write: TextWriter): string {
  switch (part.kind) {
    case 'text':
      return write(part.text);
    case 'picture':
      return `<img src="${escapeHtml(part.url)}" alt="picture">`;
    case 'link':
      return `<p><a href="${escapeHtml(part.url)}" rel="noopener noreferrer nofollow">picture</a></p>`;
    case 'recording':
      return `<audio controls src="${escapeHtml(part.url)}" title="${escapeHtml(part.description)}"></audio>`;
    case 'file':
      return typed(`[${part.description}]`);
    case 'data':
      return preformatted(part.json);
  }
}

/** By default micromark escapes raw HTML, and drops links except to the web and mail. */
function rendered(text: string): string {
  if (text.length > LONGEST_RENDERED || isIntricateMarkdown(text)) return preformatted(text);
  return `<div dir="auto">${micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml()] })}</div>`;
}

function typed(text: string): string {
  return `<p class="typed" dir="auto">${escapeHtml(text)}</p>`;
}

function preformatted(text: string): string {
  return `<pre dir="auto"><code>${escapeHtml(text)}</code></pre>`;
}

function folded(summary: string, body: string): string {
  return `<details><summary>${escapeHtml(summary)}</summary>\n${body}\n</details>`;
}
