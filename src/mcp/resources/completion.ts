import { checked } from '../../http/validation.js';
import { SessionListQuery } from '../../sessions/dto/session-list.query.js';
import type { HistoryServerOptions } from '../history-server.js';

/** Conversations that are looked at for one whose id begins as somebody types. */
const LOOKED_AT = 200;

/** Suggestions that are made. */
const MOST = 20;

/** Ids that begin with what was typed, of the newest conversations; where there are none, of those in which it was said. */
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
    // Nobody waits for suggestions, and no failure helps whoever types.
    return [];
  }
}
