import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfm } from 'micromark-extension-gfm';
import { isIntricateMarkdown } from '../text/intricate-markdown.js';
import { fenced, withoutNul } from './literal-markdown.js';
import { LONGEST_RENDERED } from './readable.js';

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number];

/** Most passes: neutralizing one construct can activate another one. */
const ROUNDS = 5;

/** A replacement at a position of a text. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** A text without these characters contains no HTML, no link, and no unclosed block. */
const MAY_MEAN_MORE = /[<[]|```|~~~/;

/** Allowed targets of links. */
const SAFE_URL = /^(https?:|mailto:|#|[^:]*$|[^:]*[/?#])/i;

/** Appended to a text to test whether a construct is still open at its end. */
const MARK = 'ThisParagraphIsNoPartOfTheMessage';

/**
 * The Markdown of a message, safe to embed in a document: it keeps its meaning, but contains no active HTML and no script links, and no
 * construct stays open at its end. It is parsed as CommonMark and as GitHub Markdown, because tables divide a text differently.
 */
export function safeMarkdown(text: string): string {
  const plain = withoutNul(text);
  if (plain.length > LONGEST_RENDERED || isIntricateMarkdown(plain)) return fenced(plain);
  if (!MAY_MEAN_MORE.test(plain)) return plain;
  let safe = plain;
  for (let round = 0; round < ROUNDS; round++) {
    const found = dangersIn(safe);
    if (found.length === 0) return isClosed(safe) ? safe : fenced(plain);
    safe = applyEdits(safe, found);
  }
  return fenced(plain);
}

function parse(text: string, github: boolean): Node {
  return fromMarkdown(text, github ? { extensions: [gfm()] } : {});
}

function dangersIn(text: string): readonly Edit[] {
  const readings = text.includes('|') ? [false, true] : [false];
  return readings.flatMap((github) => edits(parse(text, github), text));
}

function edits(node: Node, text: string): readonly Edit[] {
  const start = node.position?.start.offset ?? 0;
  const end = node.position?.end.offset ?? text.length;
  const inside = 'children' in node ? node.children.flatMap((child) => edits(child, text)) : [];
  switch (node.type) {
    case 'html':
      return openingBrackets(text, start, end);
    case 'link':
    case 'image':
    case 'definition':
      return SAFE_URL.test(node.url.trim()) ? inside : [...inside, ...withoutMeaning(text, start)];
    default:
      return inside;
  }
}

function openingBrackets(text: string, start: number, end: number): readonly Edit[] {
  const found: Edit[] = [];
  for (let at = text.indexOf('<', start); at !== -1 && at < end; at = text.indexOf('<', at + 1)) {
    found.push({ at, length: 1, text: '&lt;' });
  }
  return found;
}

/** Escapes the start of a link, an image or a definition. */
function withoutMeaning(text: string, start: number): readonly Edit[] {
  if (text[start] === '<') return [{ at: start, length: 1, text: '&lt;' }];
  const image = text.startsWith('![', start) ? [{ at: start + 1, length: 0, text: '\\' }] : [];
  return [{ at: start, length: 0, text: '\\' }, ...image];
}

/** Both parsers may find the same edit. */
function applyEdits(text: string, all: readonly Edit[]): string {
  const byPlace = new Map(all.map((edit) => [edit.at, edit]));
  const sorted = [...byPlace.values()].sort((a, b) => a.at - b.at);
  let result = '';
  let from = 0;
  for (const edit of sorted) {
    result += text.slice(from, edit.at) + edit.text;
    from = edit.at + edit.length;
  }
  return result + text.slice(from);
}

/** Whether text after this one is unaffected by it. */
function isClosed(text: string): boolean {
  const tree = parse(`${text}\n\n${MARK}`, false);
  const last = 'children' in tree ? tree.children.at(-1) : undefined;
  if (last?.type !== 'paragraph') return false;
  const [only] = last.children;
  return last.children.length === 1 && only?.type === 'text' && only.value === MARK;
}
