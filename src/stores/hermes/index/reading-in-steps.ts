import { ownTurn } from './own-turn.js';
import type { IndexView, SessionIndex } from './session-index.js';

/** A long read, in steps of some milliseconds. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** How often a read starts before it runs in one piece, since the history changed each time. */
const MAX_BEGINNINGS = 4;

/**
 * Reads one snapshot of the file, with an index that is equal to all of its rows, and yields to other requests between steps. Starts again if the
 * history changes meanwhile; beside a constant writer, the last attempt runs in one piece.
 */
export async function readInSteps<T>(index: SessionIndex, read: (view: IndexView) => Steps<T>): Promise<T> {
  for (let beginnings = 1; ; beginnings++) {
    await index.settle();
    const outcome = await (beginnings < MAX_BEGINNINGS
      ? readOnce(index, read)
      : index.snapshot((view) => ({ value: finish(read(view)) })));
    if (outcome !== undefined) return outcome.value;
  }
}

/** @returns undefined if the history changed meanwhile. */
async function readOnce<T>(
  index: SessionIndex,
  read: (view: IndexView) => Steps<T>,
): Promise<{ readonly value: T } | undefined> {
  let begun: { readonly steps: Steps<T>; readonly moment: string } | undefined;
  for (;;) {
    await ownTurn();
    const step = await index.snapshot((view) => {
      begun ??= { steps: read(view), moment: momentOf(view) };
      return begun.moment === momentOf(view) ? begun.steps.next() : undefined;
    });
    if (step === undefined) return undefined;
    if (step.done === true) return { value: step.value };
  }
}

/** A string that differs after every change to the file or the index. */
function momentOf({ source, dataVersion, transactions }: IndexView): string {
  return `${source.opening}.${dataVersion}.${transactions}`;
}

function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
