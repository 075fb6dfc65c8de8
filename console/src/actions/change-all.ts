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

/** The action on each of many conversations. */
export type Action = BulkSessionsBody['action'];

/** The result of a change of many. */
export interface Changes {
  readonly changed: readonly SessionResponse[];
  /** Why some were not changed. */
  readonly refusals: readonly string[];
  /** Trash ids of the deleted conversations, if they are kept. */
  readonly trashIds: readonly string[];
  /** Why the remaining ones were not processed. */
  readonly brokeOff?: HermesSessionsError;
}

/** Sessions per request: few enough that stopping takes effect quickly. */
const TOGETHER = 100;

/** The actions that undo others. A permanent deletion cannot be undone. */
const REVERSE: Readonly<Partial<Record<Action, Action>>> = {
  archive: 'unarchive',
  unarchive: 'archive',
  pin: 'unpin',
  unpin: 'pin',
};

export function reverseOf(action: Action): Action | undefined {
  return REVERSE[action];
}

/** The conversations that an action would change: archived ones are not archived again. */
export function changedBy(action: Action, sessions: readonly SessionResponse[]): readonly SessionResponse[] {
  return sessions.filter(({ archived, pinned }) => {
    const isMeant = { archive: !archived, unarchive: archived, pin: !pinned, unpin: pinned, delete: true };
    return isMeant[action];
  });
}

/**
 * Applies an action to all conversations. A deletion includes the whole chain.
 * @param onProgress called with the number processed.
 * @returns the result for those processed before the signal aborted.
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

/** Options for stopping a change of many and following its progress. */
interface ChangeSteps {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
  /** Whether deleted conversations are kept in the trash. */
  readonly isKept?: boolean;
}

/** Deletes one at a time, so that each can be restored separately. Branches are deleted before their origins, while they still refer to them. */
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

/** @returns why some were not changed, by id. */
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

/** The ids of conversations with all earlier sessions of their chains. */
async function wholeChains(history: HermesSessions, sessions: readonly SessionResponse[]): Promise<string[]> {
  const ids: string[] = [];
  for (const session of sessions) {
    const chain = session.chain_length > 1 ? await history.chain(session.id, addressOf(session)) : [session];
    ids.push(...chain.map(({ id }) => id));
  }
  return ids;
}

/** Groups sessions by profile and host, since an id is only unique within both. */
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
