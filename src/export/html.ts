import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { thoughtsOf, type Message } from '../domain/message.js';
import type { SessionDetail } from '../domain/session.js';
import { formatInstant } from '../domain/instant.js';
import { escapeHtml } from '../text/escape-html.js';
import { isIntricateMarkdown } from '../text/intricate-markdown.js';
import { partsOf, type MessagePart } from './message-parts.js';
import type { PageFormat, TextWriter } from './page-format.js';
import {
  callsOf,
  factsOf,
  LONGEST_RENDERED,
  outputText,
  readableTime,
  resultSummary,
  roleName,
  titleOf,
} from './readable.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; font-size: .9rem; }
dt { opacity: .7; } dd { margin: 0; }
article { border: 1px solid var(--line); border-radius: .6rem; padding: .2rem 1rem; margin: 1rem 0; }
article.user { background: var(--soft); margin-left: 3rem; }
article.tool { opacity: .85; font-size: .9rem; }
article > h2 { font-size: .85rem; margin: .5rem 0; display: flex; justify-content: space-between; gap: 1rem; }
p.typed { white-space: pre-wrap; margin: .6rem 0; }
article > h2 time { font-weight: normal; opacity: .7; }
pre { background: var(--soft); border-radius: .4rem; padding: .7rem; overflow-x: auto; white-space: pre-wrap; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: .2rem .6rem; }
img { max-width: 100%; } details { margin: .6rem 0; } summary { cursor: pointer; opacity: .8; }
`;

/** Nothing is loaded from anywhere and nothing runs, whatever a message says. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'";

/** One HTML page of a transcript that needs nothing else: the Markdown of models rendered, tools and reasoning folded. */
export const HTML: PageFormat = {
  begin: head,
  header,
  message: article,
  end: () => '</body>\n</html>\n',
  meaning: rendered,
  plain: preformatted,
};

function head(session: SessionDetail): string {
  return `<!doctype html>
<html lang="und">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(POLICY)}">
<title>${escapeHtml(titleOf(session))}</title>
<style>${STYLE}</style>
</head>
<body>
`;
}

function header(session: SessionDetail): string {
  const list = factsOf(session).map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`);
  return `<header><h1 dir="auto">${escapeHtml(titleOf(session))}</h1>\n<dl>${list.join('')}</dl></header>\n`;
}

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

/** Models write Markdown, tools lines that stand below each other; what people write means what it says. */
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

/** micromark escapes raw HTML and drops links to anything but the web and mail unless it is told otherwise. */
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
