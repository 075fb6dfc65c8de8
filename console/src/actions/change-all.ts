import {
  HermesSessionsError,
  type BulkSessionsBody,
  type HermesSessions,
  type SessionAddress,
  type SessionResponse,
} from '@hermes-sessions/client';
import { addressOf } from '../api/address.js';
import { problemOf } from '../language/problems.js';
import { brokeOffBy } from './broke-off.js';

/** What is done to each of many. */
export type Action = BulkSessionsBody['action'];

/** What became of many. */
export interface Changes {
  readonly changed: readonly SessionResponse[];
  /** Why some were left as they were. */
  readonly refusals: readonly string[];
  /** Where those are that were deleted and kept. */
  readonly trashIds: readonly string[];
  /** Why others were not come to. */
  readonly brokeOff?: HermesSessionsError;
}

/** Sessions that the server changes with one request: few enough that somebody who stops it does not wait. */
const TOGETHER = 100;

/** What takes back what was done; nothing brings back what was deleted. */
const REVERSE: Readonly<Partial<Record<Action, Action>>> = {
  archive: 'unarchive',
  unarchive: 'archive',
  pin: 'unpin',
  unpin: 'pin',
};

export function reverseOf(action: Action): Action | undefined {
  return REVERSE[action];
}

/** Those of many that an action changes: what is archived already is not archived. */
export function changedBy(action: Action, sessions: readonly SessionResponse[]): readonly SessionResponse[] {
  return sessions.filter(({ archived, pinned }) => {
    const isMeant = { archive: !archived, unarchive: archived, pin: !pinned, unpin: pinned, delete: true };
    return isMeant[action];
  });
}

/**
 * Does the same to all; whoever deletes a conversation means its whole chain.
 * @param onProgress is told how many have been dealt with.
 * @returns what became of those that it came to before the signal ended it.
 */
export async function changeAll(
  history: HermesSessions,
  action: Action,
  sessions: readonly SessionResponse[],
  { signal, onProgress, isKept = false }: ChangeSteps = {},
): Promise<Changes> {
  if (action === 'delete' && isKept) return trashAll(history, sessions, { signal, onProgress });
  const changed: SessionResponse[] = [];
  const refusals: string[] = [];
  let done = 0;
  for (const [place, group] of byPlace(sessions)) {
    for (let at = 0; at < group.length; at += TOGETHER) {
      if (signal?.aborted === true) return { changed, refusals, trashIds: [] };
      const part = group.slice(at, at + TOGETHER);
      let refused: ReadonlyMap<string, string>;
      try {
        const ids = action === 'delete' ? await wholeChains(history, part) : part.map(({ id }) => id);
        refused = await changeSome(history, { action, ids, ...place });
      } catch (error) {
        const brokeOff = brokeOffBy(error, changed.length);
        return { changed, refusals: [...refusals, problemOf(brokeOff)], trashIds: [], brokeOff };
      }
      changed.push(...part.filter(({ id }) => !refused.has(id)));
      refusals.push(...refused.values());
      done += part.length;
      onProgress?.(done);
    }
  }
  return { changed, refusals, trashIds: [] };
}

/** What ends a change of many early, and what is told how far it has come. */
interface ChangeSteps {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
  /** Whether what is deleted is kept in the trash. */
  readonly isKept?: boolean;
}

/** Each by itself, so that each can be put back by itself; what branched off before what it came from, while it still names it. */
async function trashAll(
  history: HermesSessions,
  sessions: readonly SessionResponse[],
  { signal, onProgress }: ChangeSteps,
): Promise<Changes> {
  const changed: SessionResponse[] = [];
  const refusals: string[] = [];
  const trashIds: string[] = [];
  const youngestFirst = [...sessions].sort((a, b) => startOf(b) - startOf(a));
  for (const [at, session] of youngestFirst.entries()) {
    if (signal?.aborted === true) break;
    try {
      const query = { ...addressOf(session), lineage: true, trash: true };
      const { trash_id: trashId } = await history.delete(session.id, query);
      if (trashId !== undefined) trashIds.push(trashId);
      changed.push(session);
    } catch (error) {
      if (!(error instanceof HermesSessionsError) || error.status === 401) throw error;
      refusals.push(problemOf(error));
    }
    onProgress?.(at + 1);
  }
  return { changed, refusals, trashIds };
}

function startOf({ started_at: startedAt }: SessionResponse): number {
  return startedAt === null ? 0 : Date.parse(startedAt);
}

/** @returns why some were not changed, by their ids. */
async function changeSome(
  history: HermesSessions,
  { ids, ...body }: BulkSessionsBody & { readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  for (let at = 0; at < ids.length; at += TOGETHER) {
    const { data } = await history.bulk({ ...body, ids: ids.slice(at, at + TOGETHER) });
    for (const { id, error } of data) if (error !== undefined) refused.set(id, problemOf(error));
  }
  return refused;
}

/** The ids of conversations and of everything that was compressed away in them. */
async function wholeChains(history: HermesSessions, sessions: readonly SessionResponse[]): Promise<string[]> {
  const ids: string[] = [];
  for (const session of sessions) {
    const chain = session.chain_length > 1 ? await history.chain(session.id, addressOf(session)) : [session];
    ids.push(...chain.map(({ id }) => id));
  }
  return ids;
}

/** Sessions by the profile and host that they are in: an id means one there alone. */
export function byPlace(
  sessions: readonly SessionResponse[],
): readonly (readonly [SessionAddress, readonly SessionResponse[]])[] {
  const groups = new Map<string, [SessionAddress, SessionResponse[]]>();
  for (const session of sessions) {
    const place = addressOf(session);
    const group = groups.get(JSON.stringify(place)) ?? [place, []];
    group[1].push(session);
    groups.set(JSON.stringify(place), group);
  }
  return [...groups.values()];
}
