import { HermesSessionsError, type HermesSessions } from '@hermes-sessions/client';
import { texts } from '../language/language.js';
import { messageOf, problemOf } from '../language/problems.js';
import { announce } from './notice.js';

/** Takes back what was done; gives why some were left as they were. Where it fails it can be called again, and goes on. */
export type TakeBack = () => Promise<readonly string[]>;

/** Takes back what was done, and says so. Where it fails, since the server is away, it is offered again. */
export async function takeBackNow(takeBack: TakeBack, readAgain: () => Promise<void>): Promise<void> {
  try {
    const refusals = await takeBack();
    announce({ text: refusals[0] ?? texts().actions.undone });
  } catch (error) {
    const onUndo = (): void => {
      void takeBackNow(takeBack, readAgain);
    };
    announce({ text: messageOf(error), onUndo });
  }
  await readAgain();
}

/** Puts back what was deleted, the last first: what branched off was deleted before what it came from. */
export function restoring(history: HermesSessions, trashIds: readonly string[]): TakeBack {
  const left = [...trashIds];
  const refusals: string[] = [];
  let isAskedAgain = false;
  return async () => {
    for (let id = left.at(-1); id !== undefined; id = left.at(-1)) {
      try {
        await history.restore(id);
      } catch (error) {
        if (!isRefusal(error)) {
          isAskedAgain = true;
          throw error;
        }
        // What is not in the trash any more was put back by the request whose answer was lost.
        if (!isAskedAgain || error.status !== 404) refusals.push(problemOf(error));
      }
      isAskedAgain = false;
      left.pop();
    }
    return refusals;
  };
}

/** Whether the server has said of one thing that it cannot be done: others may be. */
function isRefusal(error: unknown): error is HermesSessionsError {
  return error instanceof HermesSessionsError && error.status !== 401 && !AWAY.has(error.status);
}

/** Statuses of a server that is away, or busy, and of proxies that do not reach it. */
const AWAY: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);
