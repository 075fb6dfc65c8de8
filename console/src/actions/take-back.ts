import { HermesSessionsError, type HermesSessions } from '@hermes-sessions/client';
import { texts } from '../language/language.js';
import { messageOf, problemOf } from '../language/problems.js';
import { announce } from './notice.js';

/** Undoes a change, and returns why some items were not restored. After a failure it can be called again to continue. */
export type TakeBack = () => Promise<readonly string[]>;

/** Undoes a change and shows the result. After a failure, such as an unreachable server, it is offered again. */
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

/** Restores from the trash, the last deleted first: branches were deleted before their origins. */
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
        // It was already restored by the request whose answer was lost.
        if (!isAskedAgain || error.status !== 404) refusals.push(problemOf(error));
      }
      isAskedAgain = false;
      left.pop();
    }
    return refusals;
  };
}

/** Whether the server refused this one item, so that others may still succeed. */
function isRefusal(error: unknown): error is HermesSessionsError {
  return error instanceof HermesSessionsError && error.status !== 401 && !AWAY.has(error.status);
}

/** Statuses of an unreachable or busy server, and of proxies in front of it. */
const AWAY: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);
