import { lazy, Suspense, useDeferredValue } from 'react';
import { Boundary } from '../../boundary.js';
import { texts } from '../../language/language.js';
import { CopyButton } from './copy-button.js';

/** The grammars are as large as the rest of the page, so they are loaded with the first code that names its language. */
const ColouredCode = lazy(() => import('./coloured-code.js'));

/** Maximum length of highlighted code, in characters: beyond that the delay is noticeable. */
const COLOURED = 20_000;

/** Code, highlighted if its language is known. */
export function CodeBlock({
  text,
  language,
}: {
  readonly text: string;
  readonly language: string | undefined;
}): React.JSX.Element {
  const plain = <code>{text}</code>;
  // Highlighting is deferred: doing it at once for all visible code would block the page.
  const colours = useDeferredValue(text.length <= COLOURED ? language : undefined, undefined);
  return (
    <div className="code">
      <div className="code-head">
        <span>{language}</span>
        <CopyButton text={() => text} label={texts().reading.copyCode} className="small" />
      </div>
      <pre tabIndex={0} dir="ltr">
        {colours !== undefined ? (
          <Boundary fallback={plain}>
            <Suspense fallback={plain}>
              <ColouredCode text={text} language={colours} />
            </Suspense>
          </Boundary>
        ) : (
          plain
        )}
      </pre>
    </div>
  );
}
