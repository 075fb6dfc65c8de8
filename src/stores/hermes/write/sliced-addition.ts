import { DomainError } from '../../../domain/errors.js';
import type { KeptRow } from '../../../sessions/kept-session.js';
import type { SessionAccess } from '../../../sessions/session-access.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { runRowChanges } from '../file/row-change.js';
import { quotedName } from '../file/stored-rows.js';
import type { SessionIndex } from '../index/session-index.js';
import { rowRemovalOf } from './session-deletion.js';
import { storable } from './storable.js';
import { addingMessages, lastMessageId, trigramBalance } from './trigram-balance.js';
import { isAbandoned } from './unfinished-import.js';

/** What fits into one transaction whatever the machine: its search indexes take a fraction of a second for a megabyte. */
export const ONE_PIECE = { messages: 100, characters: 128 * 1024 } as const;

/** How long one transaction goes on taking the next message, in milliseconds. */
const WORK = 30;

/** Messages that are taken out between two looks at the clock. */
const TAKEN_AT_ONCE = 50;

/**
 * A session whose messages are too many for one transaction. Each function runs inside one, which may be tried again.
 * @typeParam P how far it has come.
 * @typeParam T what the last transaction leaves.
 */
export interface AddedInSlices<P, T> {
  readonly id: string;
  /** Of whoever adds it. */
  readonly access: SessionAccess;
  /** Where it begins. */
  readonly beginning: P;
  /** Adds its row, with `unfinished` in the place of what it will have. @throws {DomainError} where it may not be there */
  begin(history: OpenHistory, unfinished: KeptRow): void;
  /** @returns what adds the next message, and says how far it has come then; undefined where there is none. */
  adder(history: OpenHistory): (from: P) => P | undefined;
  /** Gives its row what it will have, see {@link completeRow}. */
  finish(history: OpenHistory, reached: P): T;
}

/** How far the messages of one transaction came. */
interface Slice<P> {
  readonly reached: P;
  readonly isOver: boolean;
  /** When it was, as it stands in the session. */
  readonly at: number;
  readonly ids: AddedIds;
}

/** Between which ids the messages of one transaction are, as text: none of anybody else are there. */
interface AddedIds {
  /** The highest one before. */
  readonly behind: string;
  readonly last: string;
}

/** Whatever there is. */
const ALL_IDS: AddedIds = { behind: '-9223372036854775808', last: '9223372036854775807' };

/**
 * Adds one session whose messages are too many for one transaction, some at a time. Until the last one is there it is archived, hidden where
 * the version can hide it, without a title and a parent, and has ended for a reason that says what is missing, so that nobody takes it for
 * whole. What fails half-way is taken out again, without what an agent has written under its id meanwhile; what a crash leaves, of which nobody
 * can tell whose it is, is begun anew when the same is added again by somebody who may know of it.
 * @throws {DomainError} what the session's functions throw; `session_busy` where it was deleted half-way.
 */
export function addInSlices<P, T>(
  session: AddedInSlices<P, T>,
  connection: HermesConnection,
  index: Pick<SessionIndex, 'touch'>,
): Promise<T> {
  return new SlicedAddition(session, connection, index).run();
}

class SlicedAddition<P, T> {
  /** When it was last written here, in epoch seconds, as it stands in the session: another time is of somebody who took it over. */
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
      // What it failed with may keep it from being taken out as well: then it is begun anew when the same is added again.
      await this.#takeOut((history) => this.#isOwn(history), this.#added).catch(() => undefined);
      throw error;
    }
  }

  /** @returns when, as it stands in the session. */
  #begin(history: OpenHistory): number {
    const at = epochSeconds();
    if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
    this.session.begin(history, {
      ...{ title: null, parent_session_id: null, message_count: 0, tool_call_count: 0 },
      ...{ ended_at: at, end_reason: UNFINISHED, archived: 1, hidden: 1, pinned: 0 },
    });
    return at;
  }

  #addSome(history: OpenHistory, from: P): Slice<P> {
    this.#requireOwn(history);
    const add = this.session.adder(history);
    const end = performance.now() + WORK;
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

  /** Nearly always nobody else has written in between, so that all are between the same two. */
  #note({ behind, last }: AddedIds): void {
    const before = this.#added.at(-1);
    if (before?.last === behind) this.#added.splice(-1, 1, { behind: before.behind, last });
    else this.#added.push({ behind, last });
  }

  #finish(history: OpenHistory, reached: P): T {
    this.#requireOwn(history);
    return addingMessages(history, () => this.session.finish(history, reached));
  }

  /** @throws {DomainError} `session_busy`, also where this process was away for so long that somebody else has begun anew */
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
   * Takes out what there is of it.
   * @param isLeft whether there is something, which is to go.
   * @param own which of the messages under its id go; all others are left as they would be had nobody begun.
   */
  async #takeOut(isLeft: (history: OpenHistory) => boolean, own: readonly AddedIds[]): Promise<void> {
    const { id } = this.session;
    for (let isGone = false; !isGone;) {
      isGone = await this.#write((history) => {
        if (!isLeft(history)) return true;
        if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
        if (takeMessages(history, id, own)) return false;
        // Alone: what had lost it before, and names it, is no part of what is added.
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

/** Writes those columns of a session's row that this version has. */
export function completeRow({ reader, layout }: OpenHistory, id: string, row: KeptRow): void {
  const columns = Object.keys(row).filter((column) => layout.sessionColumns.has(column));
  reader.run(
    `UPDATE sessions SET ${columns.map((column) => `${quotedName(column)} = ?`).join(', ')} WHERE id = ?`,
    ...columns.map((column) => storable(row[column] ?? null)),
    id,
  );
}

/** Takes out some of the messages under an id that are between some others. @returns whether there may be more of them. */
function takeMessages(history: OpenHistory, id: string, own: readonly AddedIds[]): boolean {
  const { reader } = history;
  const end = performance.now() + WORK;
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

function epochSeconds(): number {
  return Date.now() / 1000;
}
