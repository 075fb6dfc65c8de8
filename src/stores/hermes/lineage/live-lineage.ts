import type { Database, Statement } from 'better-sqlite3';
import type { Layout } from '../file/layout.js';
import type { Row } from '../file/sqlite-reader.js';
import { toLineageNode } from './lineage-row.js';
import type { LineageNode, LineageSource } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { lineageColumns } from './session-columns.js';

const prepared = new WeakMap<Database, { readonly layout: Layout; readonly lineage: LiveLineage }>();

/** Finds rows in the file itself, with the users that they name. */
export class LiveLineage implements LineageSource {
  readonly #node: Statement<[string], Row>;
  readonly #children: Statement<[string], Row>;

  /** The lineage of a connection as it is now, to be asked for again after a change. */
  static of(db: Database, layout: Layout): LineageSource {
    return new OwnedLineage(LiveLineage.#prepared(db, layout));
  }

  /** The statements of a connection are prepared once, which takes longer than running them. */
  static #prepared(db: Database, layout: Layout): LiveLineage {
    const known = prepared.get(db);
    if (known?.layout === layout) return known.lineage;
    const lineage = new LiveLineage(db, layout);
    prepared.set(db, { layout, lineage });
    return lineage;
  }

  private constructor(db: Database, layout: Layout) {
    const columns = lineageColumns(layout).map(([name, expression]) => `${expression} AS ${name}`);
    const select = `SELECT ${columns.join(', ')} FROM sessions s`;
    this.#node = db.prepare(`${select} WHERE s.id = ?`);
    this.#children = db.prepare(`${select} WHERE s.parent_session_id = ?`);
  }

  node(id: string): LineageNode | undefined {
    const row = this.#node.get(id);
    return row === undefined ? undefined : toLineageNode(row);
  }

  children(id: string): readonly LineageNode[] {
    return this.#children.all(id).map(toLineageNode);
  }
}
