import type { Database, Statement } from 'better-sqlite3';
import type { Layout } from '../file/layout.js';
import type { Row } from '../file/sqlite-reader.js';
import { toLineageNode } from './lineage-row.js';
import type { LineageNode, LineageSource } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { lineageColumns } from './session-columns.js';

const prepared = new WeakMap<Database, { readonly layout: Layout; readonly lineage: LiveLineage }>();

/** Sessions whose owners are remembered, some hundred bytes each. */
const MOST_OWNERS = 10_000;

/** Finds rows in the file itself, with the users that they name. */
export class LiveLineage implements LineageSource {
  readonly #node: Statement<[string], Row>;
  readonly #children: Statement<[string], Row>;
  readonly #version: Statement<[], number>;
  /** Whose the sessions were found to be in one version of the file. */
  #owned: { readonly version: number; readonly lineage: OwnedLineage<LineageNode> } | undefined;

  /** The lineage of a connection as it is now, to be asked for again after a change. */
  static of(db: Database, layout: Layout): LineageSource {
    const lineage = LiveLineage.#prepared(db, layout);
    // What a connection changes itself leaves the version as it is.
    return db.readonly ? lineage.#current() : new OwnedLineage(lineage);
  }

  /** Who asks for each member of a long chain would otherwise have its owner looked for from its beginning each time. */
  #current(): OwnedLineage<LineageNode> {
    const version = this.#version.get() ?? 0;
    if (this.#owned?.version !== version || this.#owned.lineage.size > MOST_OWNERS)
      this.#owned = { version, lineage: new OwnedLineage(this) };
    return this.#owned.lineage;
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
    this.#version = db.prepare<[], number>('PRAGMA main.data_version').pluck();
  }

  node(id: string): LineageNode | undefined {
    const row = this.#node.get(id);
    return row === undefined ? undefined : toLineageNode(row);
  }

  children(id: string): readonly LineageNode[] {
    return this.#children.all(id).map(toLineageNode);
  }
}
