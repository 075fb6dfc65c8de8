import { parse, type DefaultTreeAdapterTypes } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;

/** Elements that documents for reading consist of. */
const HARMLESS = new Set(
  `html head body meta title style header h1 h2 h3 h4 h5 h6 dl dt dd article span time div p pre code details summary a img ul ol li
  blockquote em strong del table thead tbody tr th td hr br input sup section audio`.split(/\s+/),
);

const ATTRIBUTES = new Set(
  `lang charset name content http-equiv class datetime dir href rel src alt title align type checked disabled start id controls
  data-footnotes data-footnote-ref data-footnote-backref aria-describedby aria-label`.split(/\s+/),
);

/** Active content that a text-only page should not contain: elements, attributes and addresses. */
export function liveThings(html: string): readonly string[] {
  return [...thingsIn(parse(html))];
}

function* thingsIn(node: Node): Generator<string> {
  if ('tagName' in node) {
    if (!HARMLESS.has(node.tagName)) yield `<${node.tagName}>`;
    for (const { name, value } of node.attrs) {
      if (!ATTRIBUTES.has(name)) yield `${name}="${value}"`;
      const isAddress = name === 'href' || name === 'src';
      if (isAddress && !isHarmless(value)) yield `${name}="${value}"`;
    }
  }
  if ('childNodes' in node) for (const child of node.childNodes) yield* thingsIn(child);
}

/** Whether a browser would read an address on a page as one of a page, mail, picture or sound; relative addresses included. */
function isHarmless(address: string): boolean {
  if (!URL.canParse(address, 'https://page.example/')) return true;
  const { protocol, href } = new URL(address, 'https://page.example/');
  return (
    ['https:', 'http:', 'mailto:'].includes(protocol) ||
    /^data:(image\/(png|jpeg|gif|webp)|audio\/[a-z0-9]+);/.test(href)
  );
}
