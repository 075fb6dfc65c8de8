import type { HistoryMoment } from '../file/layout.js';
import { countOf, requiredText } from '../file/values.js';
import { HAS_ID_SQL } from '../index/session-fact.js';

/** Sessions that the trigram index omits, and the number of their messages. */
export interface LeftOutSessions {
  readonly ids: readonly string[];
  readonly messages: number;
}

/**
 * The sessions that newer versions of Hermes omit from the index: those of jobs and of delegates.
 * @param platforms those requested; all if undefined.
 */
export function readLeftOutSessions(
  { reader, layout }: HistoryMoment,
  platforms: readonly string[] | undefined,
): LeftOutSessions {
  const { partsLeaveOut, partsLeaveOutDelegates } = layout.coverage;
  if (partsLeaveOut.size === 0 && !partsLeaveOutDelegates) return { ids: [], messages: 0 };
  const isDelegate = partsLeaveOutDelegates ? "instr(s.model_config, '_delegate_from') > 0" : '0';
  const wanted = platforms === undefined ? '1' : 's.source IN (SELECT value FROM json_each(?))';
  const ids = reader
    .all(
      `SELECT s.id FROM sessions s
        WHERE (s.source IN (SELECT value FROM json_each(?)) OR ${isDelegate}) AND ${wanted} AND ${HAS_ID_SQL}`,
      JSON.stringify([...partsLeaveOut]),
      ...(platforms === undefined ? [] : [JSON.stringify(platforms)]),
    )
    .map((row) => requiredText(row, 'id'));
  const count = 'SELECT count(*) FROM messages m WHERE m.session_id IN (SELECT value FROM json_each(?))';
  return { ids, messages: countOf(reader.value(count, JSON.stringify(ids))) };
}
