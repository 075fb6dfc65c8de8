import { HermesSessionsError } from '@hermes-sessions/client';
import { texts } from './language/language.js';
import { messageOf } from './language/problems.js';

/** Shows an error, with a button to retry if that can help. */
export function Problem({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}): React.JSX.Element {
  return (
    <div role="alert" className="problem">
      <p>{messageOf(error)}</p>
      {onRetry === undefined || isFinal(error) ? null : (
        <button type="button" onClick={onRetry}>
          {texts().app.tryAgain}
        </button>
      )}
    </div>
  );
}

/** Whether a retry cannot help: the sign-in is invalid, or the item does not exist. */
function isFinal(error: unknown): boolean {
  return error instanceof HermesSessionsError && [401, 404].includes(error.status);
}
