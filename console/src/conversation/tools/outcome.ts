import { toolOutputOf } from '../../../../src/text/tool-output.js';
import type { Step } from '../transcript-rows.js';

/** The outcome of a call, as far as it is reported. */
export interface Outcome {
  readonly state: 'succeeded' | 'failed' | 'open';
  /** Exit status of a command. */
  readonly exitCode: number | undefined;
  /** Milliseconds from the call to its result. */
  readonly took: number | undefined;
}

/** Determines the outcome of a call. */
export function outcomeOf({ caller, result }: Step): Outcome {
  if (result === undefined) return { state: 'open', exitCode: undefined, took: undefined };
  const said = typeof result.content === 'string' ? toolOutputOf(result.content) : undefined;
  return {
    state: said?.isFailed === true ? 'failed' : 'succeeded',
    exitCode: said?.exitCode,
    took: between(caller?.timestamp, result.timestamp),
  };
}

function between(from: string | null | undefined, to: string | null): number | undefined {
  if (from === null || from === undefined || to === null) return undefined;
  const milliseconds = Date.parse(to) - Date.parse(from);
  return milliseconds >= 0 ? milliseconds : undefined;
}
