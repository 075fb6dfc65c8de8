import { HermesSessionsError } from '@hermes-sessions/client';
import { APP, PROBLEMS } from './words.js';

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
          {APP.tryAgain}
        </button>
      )}
    </div>
  );
}

/** An error in words for whoever reads it. */
function messageOf(error: unknown): string {
  if (!(error instanceof HermesSessionsError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 401) return PROBLEMS.unauthorized ?? error.message;
  return (Object.hasOwn(PROBLEMS, error.code) ? PROBLEMS[error.code] : undefined) ?? error.message;
}

/** Whether no further try can change it: who asks is not known any more, or what is asked for is not there. */
function isFinal(error: unknown): boolean {
  return error instanceof HermesSessionsError && [401, 404].includes(error.status);
}
