import { KnownDelegations, type Delegation } from '../../../sessions/lineage/delegates.js';
import { requiredText, textOf } from '../file/values.js';
import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { MARKERS_SQL, markersOf } from './markers.js';

/**
 * The sessions of the file that are marked as delegates, as they are at one moment of it. No index of the file leads to them, so finding
 * them reads every session row: once for a transaction.
 */
export function readDelegations(reader: SqliteReader): KnownDelegations {
  const rows = reader.all(
    `SELECT s.id, s.parent_session_id, ${MARKERS_SQL} AS markers FROM sessions s
      WHERE instr(s.model_config, '_delegate_from') > 0`,
  );
  return new KnownDelegations(rows.map(toDelegation));
}

function toDelegation(row: Row): Delegation {
  return {
    id: requiredText(row, 'id'),
    parentId: textOf(row.parent_session_id),
    delegateFrom: markersOf(textOf(row.markers)).delegateFrom,
  };
}
