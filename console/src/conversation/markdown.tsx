import { lazy, memo, Suspense } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { isIntricateMarkdown } from '../../../src/text/intricate-markdown.js';
import { Boundary } from '../boundary.js';
import { CodeBlock } from './code/code-block.js';
import { useFormulas, withMarkedFormulas } from './code/formulas.js';
import { texts } from '../language/language.js';

const MathText = lazy(() => import('./code/math-text.js'));

type Element = NonNullable<Parameters<Extract<Components['pre'], (props: never) => unknown>>[0]['node']>;

/** All headings of a message are h3, below the message's own heading, regardless of their level in the Markdown. */
const heading =
  (rank: number) =>
  ({ children }: { readonly children?: React.ReactNode }): React.JSX.Element => (
    <h3 data-rank={rank}>{children}</h3>
  );

/** Links open a new tab without a referrer; external images are not loaded. */
const COMPONENTS: Components = {
  ...{ h1: heading(1), h2: heading(2), h3: heading(3), h4: heading(4), h5: heading(5), h6: heading(6) },
  a: ({ href, children }) =>
    // An address with a forbidden scheme is emptied, and would lead to this page.
    href === undefined || href === '' ? (
      <span>{children}</span>
    ) : (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ),
  img: ({ alt, src }) => (
    <span className="quiet">{imageText(alt ?? '', typeof src === 'string' ? src.slice(0, 200) : '')}</span>
  ),
  input: ({ checked }) => (
    <input
      type="checkbox"
      checked={checked === true}
      disabled
      aria-label={checked === true ? texts().reading.done : texts().reading.toDo}
    />
  ),
  table: ({ children }) => (
    <div className="table" tabIndex={0} role="region" aria-label={texts().reading.table}>
      <table>{children}</table>
    </div>
  ),
  pre: ({ node, children }) => {
    const [code] = node?.children ?? [];
    if (code?.type !== 'element') return <pre tabIndex={0}>{children}</pre>;
    const text = textOf(code);
    const language = languageOf(code);
    return language === 'math' ? (
      <Formula text={text} isDisplayed />
    ) : (
      <CodeBlock text={text} language={language} />
    );
  },
  code: ({ node, children }) =>
    node !== undefined && languageOf(node) === 'math' ? (
      <Formula text={textOf(node)} isDisplayed={false} />
    ) : (
      <code>{children}</code>
    ),
};

/** The text in place of an image that is not loaded. */
function imageText(alt: string, address: string): string {
  const { image, imageAt } = texts().reading;
  const named = alt === '' ? image : `${image}: ${alt}`;
  return `[${address === '' ? named : imageAt(named, address)}]`;
}

function Formula(props: { readonly text: string; readonly isDisplayed: boolean }): React.JSX.Element {
  const source = <code>{props.text}</code>;
  return (
    <Boundary fallback={source}>
      <Suspense fallback={source}>
        <MathText {...props} />
      </Suspense>
    </Boundary>
  );
}

/** A model's text as Markdown, or as plain text if parsing would take too long. HTML is shown as text, and only links with harmless schemes work. */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }): React.JSX.Element {
  const isIntricate = isIntricateMarkdown(text);
  const marked = isIntricate ? text : withMarkedFormulas(text);
  const formulas = useFormulas(!isIntricate && marked.includes('$$'));
  const plain = (
    <pre dir="auto" tabIndex={0}>
      {text}
    </pre>
  );
  if (isIntricate) return plain;
  return (
    <Boundary fallback={plain}>
      <div className="markdown" dir="auto">
        <ReactMarkdown
          remarkPlugins={formulas === undefined ? GFM : [...GFM, [formulas, { singleDollarTextMath: false }]]}
          components={COMPONENTS}
        >
          {formulas === undefined ? text : marked}
        </ReactMarkdown>
      </div>
    </Boundary>
  );
});

const GFM = [remarkGfm];

/** The language of a code block. */
function languageOf({ properties }: Element): string | undefined {
  const { className } = properties;
  const names = Array.isArray(className) ? className.map(String) : [];
  return names.find((name) => name.startsWith('language-'))?.slice('language-'.length);
}

function textOf({ children }: Element): string {
  return children
    .map((child) => (child.type === 'text' ? child.value : child.type === 'element' ? textOf(child) : ''))
    .join('');
}
