import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { toLineageNode } from '../lineage/lineage-row.js';
import {
  chainFamily,
  chainFrom,
  chainRoot,
  isListed,
  type LineageNode,
  type LineageSource,
} from '../lineage/lineage.js';

/** Finds rows among the facts of the index. */
export class IndexedLineage implements LineageSource {
  constructor(private readonly reader: SqliteReader) {}

  node(id: string): LineageNode | undefined {
    return toNode(this.reader.get('SELECT * FROM temp.session_facts WHERE id = ?', id));
  }

  nodeAt(rowid: number): LineageNode | undefined {
    return toNode(this.reader.get('SELECT * FROM temp.session_facts WHERE session_rowid = ?', rowid));
  }

  children(id: string): readonly LineageNode[] {
    return this.reader
      .all('SELECT * FROM temp.session_facts WHERE parent_session_id = ?', id)
      .map(toLineageNode);
  }
}

function toNode(row: Row | undefined): LineageNode | undefined {
  return row === undefined ? undefined : toLineageNode(row);
}

/**
 * Writes an entry for every session that is a conversation by itself: no parent, no compression.
 * Those are nearly all of a history, so one statement does them; the rest goes through {@link writeChains}.
 */
export function writePlainConversations(reader: SqliteReader): void {
  const plain = `parent_session_id IS NULL AND markers & 4 = 0 AND hidden = 0 AND end_reason IS NOT 'compression'`;
  reader.run(`INSERT INTO temp.conversations
    SELECT session_rowid, session_rowid, id, platform, user_id, model, archived, started_order, last_active_at, 1
    FROM temp.session_facts WHERE ${plain}`);
  reader.run(`UPDATE temp.session_facts SET root_rowid = session_rowid, is_entry = 1 WHERE ${plain}`);
}

/** Writes the entries of all chains that the named sessions belong to. */
export function writeChains(reader: SqliteReader, ids: Iterable<string>): void {
  const source = new IndexedLineage(reader);
  const roots = new Map<string, LineageNode>();
  for (const id of ids) {
    const node = source.node(id);
    if (node === undefined) continue;
    const root = chainRoot(source, node);
    roots.set(root.id, root);
  }
  for (const root of roots.values()) writeChain(reader, source, root);
}

/** Ids of the sessions that {@link writePlainConversations} leaves out. */
export function chainedSessions(reader: SqliteReader): readonly string[] {
  return reader
    .all('SELECT id FROM temp.session_facts WHERE root_rowid IS NULL')
    .map((row) => String(row.id));
}

function writeChain(reader: SqliteReader, source: LineageSource, root: LineageNode): void {
  const chain = chainFrom(source, root);
  const tip = chain[chain.length - 1] ?? root;
  for (const member of chainFamily(source, root)) {
    reader.run(
      'DELETE FROM temp.conversations WHERE root_rowid = (SELECT session_rowid FROM temp.session_facts WHERE id = ?)',
      member.id,
    );
    reader.run(
      `UPDATE temp.session_facts SET is_entry = 0,
        root_rowid = (SELECT r.session_rowid FROM temp.session_facts r WHERE r.id = ?) WHERE id = ?`,
      root.id,
      member.id,
    );
  }
  if (!isListed(source, root, tip)) return;
  const lastActive = Math.max(...chain.map((member) => member.lastActiveAt ?? -1));
  reader.run(
    `INSERT INTO temp.conversations
      SELECT r.session_rowid, t.session_rowid, t.id, r.platform, r.user_id, t.model, r.archived, r.started_order, ?, ?
      FROM temp.session_facts r, temp.session_facts t WHERE r.id = ? AND t.id = ?`,
    lastActive,
    chain.length,
    root.id,
    tip.id,
  );
  reader.run('UPDATE temp.session_facts SET is_entry = 1 WHERE id = ?', tip.id);
}
