import type { Run } from '../transcript-rows.js';
import { texts } from '../../language/language.js';
import { outcomeOf } from './outcome.js';

/** Maximum number of tool names in the line. */
const NAMES = 4;

/** The summary of a run of tool calls: their number, the tools, and the failures. */
export function RunHead({
  run,
  isOpen,
  onToggle,
}: {
  readonly run: Run;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}): React.JSX.Element {
  const failed = run.steps.filter((step) => outcomeOf(step).state === 'failed').length;
  return (
    <button type="button" className="run-head" aria-expanded={isOpen} onClick={onToggle}>
      <span>{texts().reading.calls(run.steps.length)}</span>
      <span className="quiet">{namesIn(run)}</span>
      {failed === 0 ? null : (
        <span className="step-outcome" data-state="failed">
          {texts().reading.failed(failed)}
        </span>
      )}
    </button>
  );
}

/** The tools of a run, most frequent first: `terminal × 5, read_file`. */
function namesIn({ steps }: Run): string {
  const counts = new Map<string, number>();
  for (const { call, result } of steps) {
    const name = call?.name ?? result?.tool_name ?? texts().reading.aTool;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].sort(([, one], [, other]) => other - one);
  const told = names.slice(0, NAMES).map(([name, count]) => (count === 1 ? name : `${name} × ${count}`));
  return [...told, ...(names.length > NAMES ? ['…'] : [])].join(', ');
}
