import { lazy, Suspense, useDeferredValue } from 'react';
import { Boundary } from '../../boundary.js';
import { texts } from '../../language/language.js';
import { CopyButton } from './copy-button.js';

/** Grammars of languages are as large as everything else of the page, and are loaded with the first code that names one. */
const ColouredCode = lazy(() => import('./coloured-code.js'));

/** Characters up to which code is coloured: the time that it takes is felt beyond. */
const COLOURED = 20_000;

/** Code, in the colours of its language where that is known. */
export function CodeBlock({
  text,
  language,
}: {
  readonly text: string;
  readonly language: string | undefined;
}): React.JSX.Element {
  const plain = <code>{text}</code>;
  // Colours come after the words: all code of a window at once would keep the page from answering its reader.
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
