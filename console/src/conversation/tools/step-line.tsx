import { memo } from 'react';
import { subjectOf } from '../../../../src/text/tool-call.js';
import { part } from '../../part.js';
import { Fold } from '../fold.js';
import type { Step } from '../transcript-rows.js';
import { texts } from '../../language/language.js';
import { durationOf } from '../../language/times.js';
import { outcomeOf } from './outcome.js';

const Details = part(async () => (await import('./step-details.js')).StepDetails);

const MARKS = { succeeded: '✓', failed: '✗', open: '…' } as const;

/** A call and its result as one line: `$ npm test … ✓ 0 · 1.2 s`. */
export const StepLine = memo(function StepLine({
  step,
  isSought,
}: {
  readonly step: Step;
  /** Whether it contains the target message, and is therefore open. */
  readonly isSought: boolean;
}): React.JSX.Element {
  const { call, result } = step;
  const subject = call === undefined ? undefined : subjectOf(call);
  const isCommand = subject?.startsWith('$ ') === true;
  const name = call?.name ?? result?.tool_name ?? texts().reading.aTool;
  return (
    <Fold
      id={`step ${step.key}`}
      isOpenBefore={isSought}
      className="step"
      summary={
        <>
          {isCommand ? null : <code className="step-name">{name}</code>}
          {subject === undefined ? null : <code className="step-subject">{subject}</code>}
          <StepOutcome step={step} />
        </>
      }
    >
      <Details.Shown
        step={step}
        isWhole={isSought}
        fallback={<p className="quiet">{texts().reading.loading}</p>}
      />
    </Fold>
  );
});

function StepOutcome({ step }: { readonly step: Step }): React.JSX.Element {
  const { state, exitCode, took } = outcomeOf(step);
  return (
    <span className="step-outcome" data-state={state}>
      <span role="img" aria-label={texts().reading.outcomes[state]}>
        {MARKS[state]}
      </span>
      {exitCode === undefined ? null : ` ${exitCode}`}
      {took === undefined ? null : ` · ${durationOf(took)}`}
    </span>
  );
}
