import { HermesSessionsError } from '@hermes-sessions/client';
import { useState, type SyntheticEvent } from 'react';
import { connect } from '../api/connection.js';
import type { Access } from './access.js';
import { IssuerButton } from './issuer-button.js';

/** Asks who somebody is: by a key, which is tried before it is kept, or at the issuer that the server trusts. */
export function SignIn({
  problem: before,
  onAccess,
}: {
  /** What went wrong with an earlier try. */
  readonly problem: string | undefined;
  readonly onAccess: (access: Access) => void;
}): React.JSX.Element {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(before);
  const [isTrying, setTrying] = useState(false);
  const tryKey = async (): Promise<void> => {
    const access = { kind: 'key', key: key.trim() } as const;
    setTrying(true);
    setProblem(undefined);
    try {
      await connect(access).list({ limit: 1 });
      onAccess(access);
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
        <IssuerButton />
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
