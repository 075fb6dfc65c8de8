import { lazy, Suspense } from 'react';
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
  const isColoured = language !== undefined && text.length <= COLOURED;
  return (
    <div className="code">
      <div className="code-head">
        <span>{language}</span>
        <CopyButton text={() => text} label={texts().reading.copyCode} className="small" />
      </div>
      <pre tabIndex={0} dir="ltr">
        {isColoured ? (
          <Boundary fallback={plain}>
            <Suspense fallback={plain}>
              <ColouredCode text={text} language={language} />
            </Suspense>
          </Boundary>
        ) : (
          plain
        )}
      </pre>
    </div>
  );
}
