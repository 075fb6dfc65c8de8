// What a part of the page says of its own looks comes after it.
import './style.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { Boundary } from './boundary.js';
import { letIn } from './sign-in/returning.js';

/** What is left where the page cannot be shown: its address has led there, so that it would again. */
function Broken(): React.JSX.Element {
  return (
    <main role="alert" className="problem">
      <p>Something here cannot be shown.</p>
      <a href={location.pathname}>Begin anew</a>
    </main>
  );
}

const root = document.getElementById('root');
if (root !== null) {
  const problem = await letIn();
  createRoot(root).render(
    <StrictMode>
      <Boundary fallback={<Broken />}>
        <App problem={problem} />
      </Boundary>
    </StrictMode>,
  );
}
