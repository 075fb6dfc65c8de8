import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import type { Session, StoredRow } from '../../domain/session.js';
import { accessWithin, isWhole, type SessionAccess } from '../../domain/access.js';
import { epochSeconds } from '../../domain/instant.js';
import { SessionReader } from '../../sessions/session-reader.js';
import { switchIn, type LenientQuery } from '../lenient-query.js';
import { toListedSession, type DashboardObject, type WideColumns } from './dashboard.presenter.js';

/** The values of these columns for callers with limited access. */
const SECRET: WideColumns = { model_config: null, system_prompt: null, system_prompt_hash: null };

/** The entries of the dashboard's lists. Columns that can be megabytes are included only with `full`. */
@Injectable()
export class ListedRows {
  constructor(private readonly reader: SessionReader) {}

  async of(
    sessions: readonly Session[],
    query: LenientQuery,
    caller: Principal,
  ): Promise<readonly DashboardObject[]> {
    const now = epochSeconds();
    if (!switchIn(query, 'full')) return sessions.map((session) => toListedSession(session, now));
    const entries: DashboardObject[] = [];
    for (const session of sessions)
      entries.push(toListedSession(session, now, await this.#wideColumns(session, caller)));
    return entries;
  }

  /** The system prompt of the conversation's last session, and the configuration of its first. */
  async #wideColumns(session: Session, { access }: Principal): Promise<WideColumns> {
    if (!isWhole(access)) return SECRET;
    const within = accessWithin(access, session);
    const last = await this.#rowOf(session.id, within);
    const first = session.id === session.rootId ? last : await this.#rowOf(session.rootId, within);
    return {
      model_config: first.model_config ?? null,
      system_prompt: last.system_prompt ?? null,
      system_prompt_hash: first.system_prompt_hash ?? null,
    };
  }

  async #rowOf(id: string, access: SessionAccess): Promise<StoredRow> {
    return (await this.reader.row(id, access)) ?? {};
  }
}
