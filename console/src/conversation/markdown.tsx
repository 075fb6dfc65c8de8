import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

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

/** A text as Markdown. HTML in it is shown as the text that it is, and of links only those with a harmless scheme lead anywhere. */
export function Markdown({ text }: { readonly text: string }): React.JSX.Element {
  return (
    <div className="markdown" dir="auto">
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
