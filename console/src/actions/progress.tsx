import { texts } from '../language/language.js';

/** Progress of a long action, with a button to stop it. */
export function Progress({
  done,
  total,
  onStop,
}: {
  readonly done: number;
  readonly total: number;
  readonly onStop: () => void;
}): React.JSX.Element {
  return (
    <span className="progress-of">
      <progress aria-label={texts().actions.progress} value={done} max={Math.max(1, total)} />
      <span role="status">{texts().actions.doneOf(done, total)}</span>
      <button type="button" onClick={onStop}>
        {texts().actions.stop}
      </button>
    </span>
  );
}
