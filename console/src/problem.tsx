import { HermesSessionsError } from '@hermes-sessions/client';

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
      {onRetry === undefined ? null : (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** An error in words for whoever reads it. */
function messageOf(error: unknown): string {
  if (!(error instanceof HermesSessionsError)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case 'connection_failed':
      return 'The server does not answer. It is tried again by itself.';
    case 'session_not_found':
      return 'This conversation is not there any more.';
    case 'title_in_use':
      return 'Another conversation has this title already.';
    case 'session_busy':
      return 'An agent is in the middle of this conversation. Try again when it is done.';
    default:
      return error.message;
  }
}
