import type { HistoryMoment } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { toLineageNode } from './lineage-row.js';
import type { LineageNode, LineageSource } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { lineageColumns } from './session-columns.js';

/** Sessions whose owners are cached, at some hundred bytes each. */
const MOST_OWNERS = 10_000;

/** Finds rows in the file itself, with the users that they name. */
export class LiveLineage implements LineageSource {
  readonly #reader: SqliteReader;
  readonly #node: string;
  readonly #children: string;
  /** The owners of sessions, as determined for one version of the file. */
  #owned: { readonly version: number; readonly lineage: OwnedLineage<LineageNode> } | undefined;

  constructor({ reader, layout }: HistoryMoment) {
    this.#reader = reader;
    const columns = lineageColumns(layout).map(([name, expression]) => `${expression} AS ${name}`);
    const select = `SELECT ${columns.join(', ')} FROM sessions s`;
    this.#node = `${select} WHERE s.id = ?`;
    this.#children = `${select} WHERE s.parent_session_id = ?`;
  }

  /**
   * The current sessions with their owners; call again after a change. Owners are cached: otherwise a caller that asks for each member of a long
   * chain would search the chain from its beginning each time.
   */
  now(): LineageSource {
    // A connection's own changes do not change its version.
    if (!this.#reader.db.readonly) return new OwnedLineage(this);
    const version = this.#reader.version();
    if (this.#owned?.version !== version || this.#owned.lineage.size > MOST_OWNERS)
      this.#owned = { version, lineage: new OwnedLineage(this) };
    return this.#owned.lineage;
  }

  node(id: string): LineageNode | undefined {
    const row = this.#reader.get(this.#node, id);
    return row === undefined ? undefined : toLineageNode(row);
  }

  children(id: string): readonly LineageNode[] {
    return this.#reader.all(this.#children, id).map(toLineageNode);
  }
}
