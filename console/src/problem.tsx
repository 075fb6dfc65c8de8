import { HermesSessionsError } from '@hermes-sessions/client';
import { texts } from './language/language.js';
import { messageOf } from './language/problems.js';

/** Says what went wrong, and offers what can be done about it. */
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

/** Whether no further try can change it: who asks is not known any more, or what is asked for is not there. */
function isFinal(error: unknown): boolean {
  return error instanceof HermesSessionsError && [401, 404].includes(error.status);
}
