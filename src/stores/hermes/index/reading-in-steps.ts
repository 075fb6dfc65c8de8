import { ownTurn } from './own-turn.js';
import type { IndexView, SessionIndex } from './session-index.js';

/** A reading that takes long, each step of which takes some milliseconds. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** How often a reading begins anew since the history changed, before it is made in one piece. */
const MAX_BEGINNINGS = 4;

/**
 * Reads one moment of the file, with an index that is equal to all of its rows, and gives others a turn between two steps. Where the history
 * changes meanwhile, it begins anew; beside somebody who writes all the time it is made in one piece in the end.
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

/** @returns undefined where the history changed meanwhile. */
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

/** A word that is another one after every change to the file or the index. */
function momentOf({ source, dataVersion, transactions }: IndexView): string {
  return `${source.opening}.${dataVersion}.${transactions}`;
}

function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
