import { DomainError } from '../../../domain/errors.js';
import { epochSeconds } from '../../../domain/instant.js';
import type { KeptRow } from '../../../sessions/trash/kept-session.js';
import type { SessionAccess } from '../../../domain/access.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { rowidOf } from '../file/rowids.js';
import { bytesSql } from '../file/readable-size.js';
import { quotedName } from '../file/stored-rows.js';
import { isActiveSql } from '../transcript/transcript-sql.js';
import {
  copiedColumns,
  countMessages,
  forkedRow,
  insertSession,
  originOf,
  requireForkable,
  type ForkOrder,
} from './session-creation.js';
import { endSession } from './session-writes.js';
import { completeRow, ONE_PIECE, type AddedInSlices } from './sliced-addition.js';

/** Whether the messages to copy fit into one transaction. */
export function isForkedInOnePiece({ reader, layout }: OpenHistory, id: string): boolean {
  const bytes = bytesSql(copiedColumns(layout).map((column) => `m.${quotedName(column)}`));
  const row = reader.get(
    `SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM (SELECT ${bytes} AS bytes FROM messages m
      WHERE m.session_id = ? AND ${isActiveSql(layout)} LIMIT ${ONE_PIECE.messages + 1})`,
    id,
  );
  return Number(row?.messages) <= ONE_PIECE.messages && Number(row?.bytes) <= ONE_PIECE.characters;
}

/**
 * A session that continues another one, whose messages are copied in batches; the progress is their number. The original ends with the last batch
 * only.
 */
export class SlicedFork<T> implements AddedInSlices<number, T> {
  readonly beginning = 0;
  /** The messages to copy, as of the beginning. */
  #ids: readonly number[] = [];

  /** @param answer reads the result inside the last transaction. */
  constructor(
    private readonly order: ForkOrder,
    private readonly answer: (history: OpenHistory) => T,
  ) {}

  get id(): string {
    return this.order.fork.id;
  }

  get access(): SessionAccess {
    return this.order.access;
  }

  /** @throws {DomainError} as `forkSession` does. */
  begin(history: OpenHistory, unfinished: KeptRow): void {
    const { origin, fork, access } = this.order;
    const row = originOf(history, origin, access);
    requireForkable(history, fork.id, access);
    const complete = forkedRow(history.reader, row, this.order, epochSeconds());
    insertSession(history, { ...complete, ...unfinished });
    this.#ids = activeIds(history, origin);
  }

  /** @throws {DomainError} `session_busy` if the messages to copy have changed */
  adder(history: OpenHistory): (from: number) => number | undefined {
    const copy = this.#copier(history);
    return (from) => {
      const id = this.#ids[from];
      if (id === undefined) return undefined;
      copy(id);
      return from + 1;
    };
  }

  /** @throws {DomainError} as `forkSession` does; `session_busy` */
  finish(history: OpenHistory): T {
    const { origin, fork, access } = this.order;
    const { reader } = history;
    const row = originOf(history, origin, access);
    const ids = activeIds(history, origin);
    // The agent may have added messages. If it has compressed its context or rewound meanwhile, the messages to copy are others by now.
    if (!this.#ids.every((id, at) => ids[at] === id)) throw changedMeanwhile();
    const copy = this.#copier(history);
    for (const id of ids.slice(this.#ids.length)) copy(id);
    const now = epochSeconds();
    const {
      title,
      parent_session_id: parent,
      model_config: modelConfig,
      started_at: startedAt,
    } = forkedRow(reader, row, this.order, now);
    endSession(reader, origin, 'branched', now);
    completeRow(history, fork.id, {
      title: title ?? null,
      parent_session_id: parent ?? null,
      started_at: startedAt ?? null,
      model_config: modelConfig ?? null,
      ended_at: null,
      end_reason: null,
      archived: 0,
      hidden: 0,
    });
    countMessages(reader, fork.id);
    return this.answer(history);
  }

  #copier({ reader, layout }: OpenHistory): (id: number) => void {
    const { origin, fork } = this.order;
    const columns = copiedColumns(layout);
    const sql = `INSERT INTO messages (session_id, ${columns.join(', ')}) SELECT ?, ${columns.map((column) => `m.${column}`).join(', ')}
        FROM messages m WHERE m.id = ? AND m.session_id = ? AND ${isActiveSql(layout)}`;
    return (id) => {
      if (reader.run(sql, fork.id, id, origin) === 0) throw changedMeanwhile();
    };
  }
}

/** The ids of the messages that a session's model reads, in order. */
function activeIds({ reader, layout }: OpenHistory, session: string): readonly number[] {
  const sql = `SELECT m.id FROM messages m WHERE m.session_id = ? AND ${isActiveSql(layout)} ORDER BY m.id`;
  return reader.tuples(sql, session).map(([id]) => rowidOf(id));
}

function changedMeanwhile(): DomainError {
  return new DomainError('session_busy', {
    message: 'The conversation was changed while it was copied. Nothing was added; try again.',
  });
}
