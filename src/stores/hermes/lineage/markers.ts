import type { Markers } from '../../../sessions/lineage/lineage.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { textOf } from '../file/values.js';

/**
 * SQL for the markers of a row of `sessions s`, to be read by {@link markersOf}; NULL for most rows, which have none. `model_config` may be NULL,
 * invalid JSON, or JSON other than an object.
 */
export const MARKERS_SQL = `CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL
  WHEN NOT json_valid(s.model_config) THEN NULL
  ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from', '$._delegate_from'), '[null,null,null]') END`;

const UNMARKED: Markers = { branchedFrom: null, resetFrom: null, delegateFrom: null };

/** The markers selected by {@link MARKERS_SQL}. */
export function markersOf(list: string | null): Markers {
  if (list === null) return UNMARKED;
  const [branchedFrom = null, resetFrom = null, delegateFrom = null] = (
    JSON.parse(list) as readonly unknown[]
  ).map(markerOf);
  return { branchedFrom, resetFrom, delegateFrom };
}

/** Any value sets a marker. A value other than text names no session, and becomes a text that is never an id of Hermes's. */
function markerOf(value: unknown): string | null {
  return value === null || typeof value === 'string' ? value : `\u0000json:${JSON.stringify(value)}`;
}

/** The markers that a configuration gives to a session, as they will be read from its row. */
export function markersIn(reader: SqliteReader, modelConfig: string | null): Markers {
  return markersOf(
    textOf(reader.value(`SELECT ${MARKERS_SQL} FROM (SELECT ? AS model_config) s`, modelConfig)),
  );
}
