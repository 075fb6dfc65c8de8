import { DomainError } from '../../../domain/errors.js';
import { epochSeconds } from '../../../domain/instant.js';
import type { KeptRow } from '../../../sessions/trash/kept-session.js';
import type { SessionAccess } from '../../../domain/access.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { runRowChanges } from '../file/row-change.js';
import { quotedName } from '../file/stored-rows.js';
import type { SessionIndex } from '../index/session-index.js';
import { rowRemovalOf } from './session-deletion.js';
import { storable } from './storable.js';
import { addingMessages, lastMessageId, trigramBalance } from './trigram-balance.js';
import { isAbandoned } from './unfinished-import.js';
import { WRITING } from '../waits.js';

/** What fits into one transaction on any machine: the search indexes need a fraction of a second for a megabyte. */
export const ONE_PIECE = { messages: 100, characters: 128 * 1024 } as const;

/** Messages that are removed between two checks of the clock. */
const TAKEN_AT_ONCE = 50;

/**
 * A session with too many messages for one transaction. Each function runs inside a transaction, which may be retried.
 * @typeParam P the progress.
 * @typeParam T the result of the last transaction.
 */
export interface AddedInSlices<P, T> {
  readonly id: string;
  /** The access of whoever adds it. */
  readonly access: SessionAccess;
  /** The initial progress. */
  readonly beginning: P;
  /** Adds its row, with `unfinished` in place of its final values. @throws {DomainError} if it may not be added */
  begin(history: OpenHistory, unfinished: KeptRow): void;
  /** @returns a function that adds the next message and returns the new progress; undefined if none is left. */
  adder(history: OpenHistory): (from: P) => P | undefined;
  /** Gives its row the final values, see {@link completeRow}. */
  finish(history: OpenHistory, reached: P): T;
}

/** The progress after the messages of one transaction. */
interface Slice<P> {
  readonly reached: P;
  readonly isOver: boolean;
  /** The time of the write, as stored in the session. */
  readonly at: number;
  readonly ids: AddedIds;
}

/** The range of message ids of one transaction, as text; it contains no other messages. */
interface AddedIds {
  /** The highest id before the transaction. */
  readonly behind: string;
  readonly last: string;
}

/** Any id. */
const ALL_IDS: AddedIds = { behind: '-9223372036854775808', last: '9223372036854775807' };

/**
 * Adds one session with too many messages for one transaction, in batches. Until the last one is there, the session is archived, hidden if this
 * version can hide it, without title and parent, and ended with a reason that marks it as unfinished, so that nobody takes it for complete. After a
 * failure it is removed again, but not what an agent has written under its id meanwhile. After a crash, nobody can tell whose messages are left: all
 * are removed when somebody who may know of the session adds it again.
 * @throws {DomainError} what the session's functions throw; `session_busy` if it was deleted half-way.
 */
export function addInSlices<P, T>(
  session: AddedInSlices<P, T>,
  connection: HermesConnection,
  index: Pick<SessionIndex, 'touch'>,
): Promise<T> {
  return new SlicedAddition(session, connection, index).run();
}

class SlicedAddition<P, T> {
  /** The time of the last write here, in epoch seconds, as stored in the session: another time means that somebody else took it over. */
  #writtenAt = NaN;
  readonly #added: AddedIds[] = [];

  constructor(
    private readonly session: AddedInSlices<P, T>,
    private readonly connection: HermesConnection,
    private readonly index: Pick<SessionIndex, 'touch'>,
  ) {}

  async run(): Promise<T> {
    const { id, access, beginning } = this.session;
    const takingOut = { access, now: epochSeconds() };
    await this.#takeOut((history) => isAbandoned(history, id, takingOut), [ALL_IDS]);
    this.#writtenAt = await this.#write((history) => this.#begin(history));
    try {
      for (let reached = beginning, isOver = false; ;) {
        const from = reached;
        if (isOver) return await this.#write((history) => this.#finish(history, from));
        const slice = await this.#write((history) => this.#addSome(history, from));
        this.#writtenAt = slice.at;
        this.#note(slice.ids);
        ({ reached, isOver } = slice);
      }
    } catch (error) {
      // The cause of the failure may prevent the removal as well. The next attempt to add the session then starts over.
      await this.#takeOut((history) => this.#isOwn(history), this.#added).catch(() => undefined);
      throw error;
    }
  }

  /** @returns the time, as stored in the session. */
  #begin(history: OpenHistory): number {
    const at = epochSeconds();
    if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
    this.session.begin(history, {
      title: null,
      parent_session_id: null,
      message_count: 0,
      tool_call_count: 0,
      ended_at: at,
      end_reason: UNFINISHED,
      archived: 1,
      hidden: 1,
      pinned: 0,
    });
    return at;
  }

  #addSome(history: OpenHistory, from: P): Slice<P> {
    this.#requireOwn(history);
    const add = this.session.adder(history);
    const end = performance.now() + WRITING.held;
    let reached = from;
    let isOver = false;
    const behind = lastMessageId(history.reader);
    addingMessages(history, () => {
      while (!isOver && performance.now() < end) {
        const next = add(reached);
        if (next === undefined) isOver = true;
        else reached = next;
      }
    });
    const at = epochSeconds();
    history.reader.run('UPDATE sessions SET ended_at = ? WHERE id = ?', at, this.session.id);
    return { reached, isOver, at, ids: { behind, last: lastMessageId(history.reader) } };
  }

  /** Merges adjacent ranges: nearly always nobody else has written in between. */
  #note({ behind, last }: AddedIds): void {
    const before = this.#added.at(-1);
    if (before?.last === behind) this.#added.splice(-1, 1, { behind: before.behind, last });
    else this.#added.push({ behind, last });
  }

  #finish(history: OpenHistory, reached: P): T {
    this.#requireOwn(history);
    return addingMessages(history, () => this.session.finish(history, reached));
  }

  /** @throws {DomainError} `session_busy`; also if this process paused for so long that somebody else started over */
  #requireOwn(history: OpenHistory): void {
    if (this.#isOwn(history)) return;
    const { id } = this.session;
    throw new DomainError('session_busy', {
      message: `Session ${id} was deleted, or begun anew, by somebody else while it was added. Add it again if it is to be there.`,
    });
  }

  #isOwn({ reader }: OpenHistory): boolean {
    const sql = 'SELECT 1 FROM sessions WHERE id = ? AND end_reason = ? AND ended_at = ?';
    return reader.get(sql, this.session.id, UNFINISHED, this.#writtenAt) !== undefined;
  }

  /**
   * Removes what was added.
   * @param isLeft whether something is left that should be removed.
   * @param own the id ranges of the messages to remove; other messages under the id stay.
   */
  async #takeOut(isLeft: (history: OpenHistory) => boolean, own: readonly AddedIds[]): Promise<void> {
    const { id } = this.session;
    for (let isGone = false; !isGone;) {
      isGone = await this.#write((history) => {
        if (!isLeft(history)) return true;
        if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
        if (takeMessages(history, id, own)) return false;
        // Only its own rows: sessions that refer to this id are not part of the addition.
        runRowChanges(history.reader, rowRemovalOf(history, [id]));
        return true;
      });
    }
  }

  #write<R>(write: (history: OpenHistory) => R): Promise<R> {
    return this.connection.transaction((history) => {
      this.index.touch([this.session.id]);
      return write(history);
    });
  }
}

/** Updates the columns of a session's row that this version has. */
export function completeRow({ reader, layout }: OpenHistory, id: string, row: KeptRow): void {
  const columns = Object.keys(row).filter((column) => layout.sessionColumns.has(column));
  reader.run(
    `UPDATE sessions SET ${columns.map((column) => `${quotedName(column)} = ?`).join(', ')} WHERE id = ?`,
    ...columns.map((column) => storable(row[column] ?? null)),
    id,
  );
}

/** Removes some of a session's messages in the given id ranges. @returns whether there may be more of them. */
function takeMessages(history: OpenHistory, id: string, own: readonly AddedIds[]): boolean {
  const { reader } = history;
  const end = performance.now() + WRITING.held;
  const some = `SELECT json_group_array(id) FROM (SELECT id FROM messages
    WHERE session_id = ? AND +id > CAST(? AS INTEGER) AND +id <= CAST(? AS INTEGER) LIMIT ${TAKEN_AT_ONCE})`;
  for (const { behind, last } of own) {
    for (;;) {
      const list = String(reader.value(some, id, behind, last));
      if (list === '[]') break;
      runRowChanges(reader, [
        ...trigramBalance(history, { column: 'id', list }),
        { sql: 'DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))', parameters: [list] },
      ]);
      if (performance.now() >= end) return true;
    }
  }
  return false;
}
