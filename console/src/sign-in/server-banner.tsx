import { useState } from 'react';
import type { ServerState, ServerWatch } from '../api/server-watch.js';
import { Dialog } from '../dialog.js';
import { texts } from '../language/language.js';
import type { Access } from './access.js';
import { KeyForm } from './key-form.js';

/** Shows that the server is unreachable, or that it rejects the sign-in. After signing in again, the page is as before. */
export function ServerBanner({
  reach,
  watch,
  onAccess,
}: {
  readonly reach: ServerState['reach'];
  readonly watch: ServerWatch;
  readonly onAccess: (access: Access) => void;
}): React.JSX.Element | null {
  const [isPutOff, setPutOff] = useState(false);
  if (reach === 'there' || reach === 'stranger') return null;
  if (reach === 'away') {
    return (
      <p role="alert" className="banner">
        <span>{navigator.onLine ? texts().app.away : texts().app.offline}</span>
        <button type="button" onClick={watch.tryNow}>
          {texts().app.tryAgain}
        </button>
      </p>
    );
  }
  return (
    <>
      <p role="alert" className="banner">
        <span>{texts().signIn.ended}</span>
        <button
          type="button"
          onClick={() => {
            setPutOff(false);
          }}
        >
          {texts().signIn.again}
        </button>
      </p>
      <Dialog
        isOpen={!isPutOff}
        title={texts().signIn.ended}
        onClose={() => {
          setPutOff(true);
        }}
      >
        <KeyForm problem={undefined} onAccess={onAccess}>
          <p>{texts().signIn.kept}</p>
        </KeyForm>
      </Dialog>
    </>
  );
}
