import { checked } from '../../http/validation.js';
import { SessionListQuery } from '../../sessions/dto/session-list.query.js';
import type { HistoryServerOptions } from '../history-server.js';

/** How many of the newest conversations are searched for an id with the typed beginning. */
const LOOKED_AT = 200;

/** Maximum number of suggestions. */
const MOST = 20;

/** Ids of the newest conversations that begin with the typed text; if there are none, ids of conversations that contain it. */
export async function completeSessionId(
  typed: string,
  { caller, services: { sessions } }: HistoryServerOptions,
): Promise<string[]> {
  const ids = async (query: object): Promise<string[]> => {
    const page = await sessions.list(await checked(SessionListQuery, query), caller);
    return page.entries.map(({ session }) => session.id);
  };
  try {
    const begun = (await ids({ limit: LOOKED_AT })).filter((id) => id.startsWith(typed));
    if (begun.length > 0) return begun.slice(0, MOST);
    return await ids({ search: `${typed}*`, limit: MOST });
  } catch {
    // Suggestions are optional: the user is better served by none than by an error.
    return [];
  }
}
