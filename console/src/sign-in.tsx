import { HermesSessionsError } from '@hermes-sessions/client';
import { useState, type SyntheticEvent } from 'react';
import { connect } from './api/connection.js';

/** Asks for a key, and tries it before it is kept. */
export function SignIn({ onKey }: { readonly onKey: (key: string) => void }): React.JSX.Element {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isTrying, setTrying] = useState(false);
  const tryKey = async (): Promise<void> => {
    setTrying(true);
    setProblem(undefined);
    try {
      await connect(key.trim()).list({ limit: 1 });
      onKey(key.trim());
    } catch (error) {
      setProblem(problemOf(error));
      setTrying(false);
    }
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    void tryKey();
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>Hermes history</h1>
        <label htmlFor="key">Key of the server</label>
        <input
          id="key"
          type="password"
          autoComplete="off"
          autoFocus
          required
          value={key}
          aria-describedby="key-hint"
          aria-invalid={problem !== undefined}
          onChange={(event) => {
            setKey(event.target.value);
          }}
        />
        <p id="key-hint" className="quiet">
          The API_SERVER_KEY, or a key of your own. It is kept for this tab alone.
        </p>
        {problem === undefined ? null : (
          <p role="alert" className="problem">
            {problem}
          </p>
        )}
        <button type="submit" disabled={isTrying || key.trim() === ''}>
          {isTrying ? 'One moment…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function problemOf(error: unknown): string {
  if (!(error instanceof HermesSessionsError)) return String(error);
  if (error.status === 401) return 'The server does not know this key.';
  if (error.status === 0) return 'The server does not answer. Is it running?';
  return error.message;
}
