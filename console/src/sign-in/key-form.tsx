import { HermesSessionsError } from '@hermes-sessions/client';
import { useState, type SyntheticEvent } from 'react';
import { texts } from '../language/language.js';
import { problemOf } from '../language/problems.js';
import type { Access } from './access.js';
import { enter } from './entering.js';
import { IssuerButton } from './issuer-button.js';

/** The sign-in form: with a key, which is tested before it is stored, or at the trusted issuer. */
export function KeyForm({
  problem: before,
  children,
  onAccess,
}: {
  /** The error of an earlier attempt. */
  readonly problem: string | undefined;
  /** Content above the form. */
  readonly children?: React.ReactNode;
  readonly onAccess: (access: Access) => void;
}): React.JSX.Element {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(before);
  const [stays, setStays] = useState(false);
  const [isTrying, setTrying] = useState(false);
  const tryKey = async (): Promise<void> => {
    setTrying(true);
    setProblem(undefined);
    try {
      onAccess(await enter(key.trim(), stays));
    } catch (error) {
      setProblem(messageOf(error));
      setTrying(false);
    }
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    void tryKey();
  };
  return (
    <form className="key-form" onSubmit={submit}>
      {children}
      <IssuerButton />
      {/* Password managers need a user name to distinguish entries. */}
      <input
        type="text"
        name="username"
        autoComplete="username"
        aria-label={texts().signIn.user}
        value={location.host}
        readOnly
        hidden
      />
      <label htmlFor="key">{texts().signIn.key}</label>
      <input
        id="key"
        name="password"
        type="password"
        autoComplete="current-password"
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
        {texts().signIn.hint}
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={stays}
          onChange={(event) => {
            setStays(event.target.checked);
          }}
        />
        {texts().signIn.stay}
      </label>
      {problem === undefined ? null : (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
      <button type="submit" disabled={isTrying || key.trim() === ''}>
        {isTrying ? texts().signIn.trying : texts().signIn.signIn}
      </button>
    </form>
  );
}

function messageOf(error: unknown): string {
  if (!(error instanceof HermesSessionsError)) return String(error);
  if (error.status === 401) return texts().signIn.unknownKey;
  if (error.status === 0) return texts().signIn.away;
  return problemOf(error);
}
