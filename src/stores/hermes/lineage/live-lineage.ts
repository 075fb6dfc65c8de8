import type { Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { toLineageNode } from './lineage-row.js';
import type { LineageNode, LineageSource } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { lineageColumns } from './session-columns.js';

/** Sessions whose owners are remembered, some hundred bytes each. */
const MOST_OWNERS = 10_000;

/** Finds rows in the file itself, with the users that they name. */
export class LiveLineage implements LineageSource {
  readonly #node: string;
  readonly #children: string;
  /** Whose the sessions were found to be in one version of the file. */
  #owned: { readonly version: number; readonly lineage: OwnedLineage<LineageNode> } | undefined;

  constructor(
    private readonly reader: SqliteReader,
    layout: Layout,
  ) {
    const columns = lineageColumns(layout).map(([name, expression]) => `${expression} AS ${name}`);
    const select = `SELECT ${columns.join(', ')} FROM sessions s`;
    this.#node = `${select} WHERE s.id = ?`;
    this.#children = `${select} WHERE s.parent_session_id = ?`;
  }

  /**
   * The sessions as they are now, with whose they are; to be asked for again after a change. Who asks for each member of a long chain would
   * otherwise have its owner looked for from its beginning each time.
   */
  now(): LineageSource {
    // What a connection changes itself leaves the version as it is.
    if (!this.reader.db.readonly) return new OwnedLineage(this);
    const version = this.reader.version();
    if (this.#owned?.version !== version || this.#owned.lineage.size > MOST_OWNERS)
      this.#owned = { version, lineage: new OwnedLineage(this) };
    return this.#owned.lineage;
  }

  node(id: string): LineageNode | undefined {
    const row = this.reader.get(this.#node, id);
    return row === undefined ? undefined : toLineageNode(row);
  }

  children(id: string): readonly LineageNode[] {
    return this.reader.all(this.#children, id).map(toLineageNode);
  }
}
