import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { letIn } from './sign-in/returning.js';
import './style.css';

const root = document.getElementById('root');
if (root !== null) {
  const problem = await letIn();
  createRoot(root).render(
    <StrictMode>
      <App problem={problem} />
    </StrictMode>,
  );
}
