import type {
  BulkSessionsBody,
  HermesSessions,
  SessionAddress,
  SessionResponse,
} from '@hermes-sessions/client';
import { addressOf } from '../api/address.js';

/** What is done to each of many. */
export type Action = BulkSessionsBody['action'];

/** Sessions that the server changes with one request. */
const MOST = 500;

/**
 * Does the same to all, in as few requests as there are profiles and hosts; whoever deletes a conversation means its whole chain.
 * @returns why some were left as they were.
 */
export async function changeAll(
  history: HermesSessions,
  action: Action,
  sessions: readonly SessionResponse[],
): Promise<readonly string[]> {
  const refusals: string[] = [];
  for (const [place, ids] of await byPlace(history, action, sessions)) {
    for (let at = 0; at < ids.length; at += MOST) {
      const { data } = await history.bulk({ action, ids: ids.slice(at, at + MOST), ...place });
      refusals.push(...data.flatMap(({ error }) => (error === undefined ? [] : [error.message])));
    }
  }
  return refusals;
}

async function byPlace(
  history: HermesSessions,
  action: Action,
  sessions: readonly SessionResponse[],
): Promise<readonly (readonly [SessionAddress, readonly string[]])[]> {
  const groups = new Map<string, [SessionAddress, string[]]>();
  for (const session of sessions) {
    const place = addressOf(session);
    const [, ids] = groups.get(JSON.stringify(place)) ?? [place, []];
    const whole = action === 'delete' ? await history.chain(session.id, place) : [session];
    ids.push(...whole.map(({ id }) => id));
    groups.set(JSON.stringify(place), [place, ids]);
  }
  return [...groups.values()];
}
