import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { isIntricateMarkdown } from '../../../src/text/intricate-markdown.js';
import { Boundary } from '../boundary.js';

/** Links leave the page without saying where they come from; images elsewhere are not loaded. */
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  img: ({ alt, src }) => (
    <span className="quiet">
      [image{alt === undefined || alt === '' ? '' : `: ${alt}`}
      {typeof src === 'string' && src !== '' ? ` at ${src.slice(0, 200)}` : ''}]
    </span>
  ),
};

const PLUGINS = [remarkGfm];

/**
 * A text as Markdown, or as it is where it would take too long to work out what it means. HTML in it is shown as the text that it
 * is, and of links only those with a harmless scheme lead anywhere.
 */
export function Markdown({ text }: { readonly text: string }): React.JSX.Element {
  const plain = <pre dir="auto">{text}</pre>;
  if (isIntricateMarkdown(text)) return plain;
  return (
    <Boundary fallback={plain}>
      <div className="markdown" dir="auto">
        <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
          {text}
        </ReactMarkdown>
      </div>
    </Boundary>
  );
}
