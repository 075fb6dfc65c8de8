import { useEffect, useState } from 'react';
import { texts } from '../language/language.js';
import type { IssuerSignIn } from './access.js';

/** The state of the issuer: not configured, unavailable, or how to sign in there. */
type Answer = 'none' | 'away' | IssuerSignIn;

/** A button to sign in at the trusted issuer, if one is configured. */
export function IssuerButton(): React.JSX.Element | null {
  const [answer, setAnswer] = useState<Answer>('none');
  useEffect(() => {
    void ask().then(setAnswer);
  }, []);
  if (answer === 'none') return null;
  if (answer === 'away')
    return (
      <p role="status" className="quiet">
        {texts().signIn.issuerAway}
      </p>
    );
  return (
    <button
      type="button"
      onClick={() => {
        void import('./issuer.js').then(({ leaveForIssuer }) => leaveForIssuer(answer));
      }}
    >
      {texts().signIn.atIssuer(new URL(answer.issuer).host)}
    </button>
  );
}

async function ask(): Promise<Answer> {
  try {
    const response = await fetch(new URL('./sign-in.json', location.href));
    if (!response.ok) return 'away';
    return ((await response.json()) as { readonly oidc: IssuerSignIn | null }).oidc ?? 'none';
  } catch {
    // The server itself is unreachable, which trying a key will report.
    return 'none';
  }
}
