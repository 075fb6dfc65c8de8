import { ACTIONS } from '../words.js';

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
      <progress aria-label={ACTIONS.progress} value={done} max={Math.max(1, total)} />
      <span role="status">{ACTIONS.doneOf(done, total)}</span>
      <button type="button" onClick={onStop}>
        {ACTIONS.stop}
      </button>
    </span>
  );
}
