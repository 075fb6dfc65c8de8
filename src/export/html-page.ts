import type { SessionDetail } from '../domain/session.js';
import { escapeHtml } from '../text/escape-html.js';
import type { PageFrame } from './page-format.js';
import { factsOf, titleOf } from './readable.js';

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

/** Nothing is loaded and no script runs, whatever a message contains. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'";

/** A self-contained HTML page. */
export const HTML_PAGE: PageFrame = { begin: head, header, end: () => '</body>\n</html>\n' };

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
