// Imported first, so that the style sheets of components come after it.
import './style.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { Boundary } from './boundary.js';
import { startLanguage, texts } from './language/language.js';
import { keepPage } from './offline/keep-page.js';
import { followVersions } from './offline/new-version.js';
import { letIn } from './sign-in/returning.js';

/** Shown if the page fails to render. Its link drops the query of the address, which would fail again. */
function Broken(): React.JSX.Element {
  return (
    <main role="alert" className="problem">
      <p>{texts().app.broken}</p>
      <a href={location.pathname}>{texts().app.beginAnew}</a>
    </main>
  );
}

const root = document.getElementById('root');
followVersions();
keepPage();
if (root !== null) {
  await startLanguage();
  const problem = await letIn();
  createRoot(root).render(
    <StrictMode>
      <Boundary fallback={<Broken />}>
        <App problem={problem} />
      </Boundary>
    </StrictMode>,
  );
}
