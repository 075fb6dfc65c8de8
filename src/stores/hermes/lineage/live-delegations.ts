import { KnownDelegations, type Delegation } from '../../../sessions/lineage/delegates.js';
import { requiredText, textOf } from '../file/values.js';
import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { MARKERS_SQL, markersOf } from './markers.js';

/**
 * The sessions marked as delegates, in one snapshot of the file. No index of the file finds them, so this reads every session row; call it once per
 * transaction.
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
