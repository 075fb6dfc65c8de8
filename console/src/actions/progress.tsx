import { texts } from '../language/language.js';

/** How far something has come that takes a while, and what stops it. */
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
