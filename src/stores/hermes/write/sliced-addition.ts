import { DomainError } from '../../../domain/errors.js';
import type { KeptRow } from '../../../sessions/kept-session.js';
import type { SessionAccess } from '../../../sessions/session-access.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { runRowChanges } from '../file/row-change.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { quotedName } from '../file/stored-rows.js';
import type { SessionIndex } from '../index/session-index.js';
import { besideLeft, liftMessages, messageIds, removeMessages } from './left-messages.js';
import { countMessages } from './message-counts.js';
import { removalOf } from './session-deletion.js';
import { storable } from './storable.js';
import { addingMessages, lastMessageId } from './trigram-balance.js';
import { ABANDONED, isAbandoned } from './unfinished-import.js';

/** What fits into one transaction whatever the machine: its search indexes take a fraction of a second for a megabyte. */
export const ONE_PIECE = { messages: 100, characters: 128 * 1024 } as const;

/** How long one transaction goes on taking the next message, in milliseconds. */
const WORK = 30;

/** Columns, in every version, of what was said, and to which tools. When it was is not among them: what came without a time has another one each time. */
export const WHAT_IS_SAID = ['role', 'content', 'tool_call_id', 'tool_calls', 'tool_name'] as const;

const LOWEST_ID = '-9223372036854775808';

/** Messages that are looked at to be taken out between two looks at the clock. */
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
  /**
   * Adds its row, with `unfinished` in the place of what it will have.
   * @param isTakenOver whether it takes the place of a part that whoever adds it may know of.
   * @throws {DomainError} where it may not be there
   */
  begin(history: OpenHistory, unfinished: KeptRow, isTakenOver: boolean): void;
  /**
   * Whether a message that is there under its id says what its message at some place says. After a crash nothing else tells of what is there
   * which is its own: messages come in their order, whatever others there are between them.
   */
  isOwn: IsOwn;
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
  /** How many were added. */
  readonly count: number;
}

/** Between which ids the messages of one transaction are: none of anybody else are there. */
interface AddedIds {
  /** The highest one before. */
  readonly behind: bigint;
  readonly last: bigint;
}

/** How far the messages under an id were looked at, and how many of them taken out. */
interface Taken {
  readonly last: string;
  readonly count: number;
}

/** Says whether a message belongs to what is added, which is the one behind so many others. */
type IsOwn = (history: OpenHistory, message: string, at: number) => boolean;

/**
 * Adds one session whose messages are too many for one transaction, some at a time. Until the last one is there it is archived, hidden where
 * the version can hide it, without a title and a parent, and has ended for a reason that says what is missing, so that nobody takes it for
 * whole. What fails half-way is taken out again; what a crash leaves is begun anew when the same is added again by somebody who may know of it.
 * What an agent has written under its id meanwhile is never taken out: it comes behind the last message.
 * @throws {DomainError} what the session's functions throw; `session_not_found` where it was deleted half-way.
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
  #count = 0;

  constructor(
    private readonly session: AddedInSlices<P, T>,
    private readonly connection: HermesConnection,
    private readonly index: Pick<SessionIndex, 'touch'>,
  ) {}

  async run(): Promise<T> {
    const { id, access, beginning } = this.session;
    const takingOut = { access, now: epochSeconds() };
    const isLeft = (history: OpenHistory): boolean => isAbandoned(history, id, takingOut);
    await this.#takeOut(isLeft, (history, message, at) => this.session.isOwn(history, message, at));
    this.#writtenAt = await this.#write((history) => this.#begin(history, isLeft(history)));
    try {
      for (let reached = beginning, isOver = false; ;) {
        const from = reached;
        if (isOver) return await this.#write((history) => this.#finish(history, from));
        const slice = await this.#write((history) => this.#addSome(history, from));
        this.#writtenAt = slice.at;
        this.#added.push(slice.ids);
        this.#count += slice.count;
        ({ reached, isOver } = slice);
      }
    } catch (error) {
      // What it failed with may keep it from being taken out as well: then it is begun anew when the same is added again.
      await this.#giveUp().catch(() => undefined);
      throw error;
    }
  }

  /** @returns when, as it stands in the session. */
  #begin(history: OpenHistory, isTakenOver: boolean): number {
    const at = epochSeconds();
    const { id, access } = this.session;
    const { reader, canFireTriggers } = history;
    if (!canFireTriggers) throw new DomainError('tokenizer_unavailable');
    const begin = (): void => {
      const unfinished = {
        ...{ title: null, parent_session_id: null, message_count: 0, tool_call_count: 0 },
        ...{ ended_at: at, end_reason: UNFINISHED, archived: 1, hidden: 1, pinned: 0 },
      };
      this.session.begin(history, unfinished, isTakenOver);
    };
    if (isTakenOver) {
      const putBack = liftMessages(history, messageIds(reader, id));
      runRowChanges(reader, removalOf(history, [id]));
      begin();
      putBack();
    } else besideLeft(history, { id, access }, begin);
    return at;
  }

  #addSome(history: OpenHistory, from: P): Slice<P> {
    this.#requireOwn(history);
    const add = this.session.adder(history);
    const end = performance.now() + WORK;
    let reached = from;
    let isOver = false;
    let count = 0;
    const behind = BigInt(lastMessageId(history.reader));
    addingMessages(history, () => {
      while (!isOver && performance.now() < end) {
        const next = add(reached);
        if (next === undefined) isOver = true;
        else {
          reached = next;
          count++;
        }
      }
    });
    const ids = { behind, last: BigInt(lastMessageId(history.reader)) };
    const at = epochSeconds();
    history.reader.run('UPDATE sessions SET ended_at = ? WHERE id = ?', at, this.session.id);
    return { reached, isOver, at, ids, count };
  }

  #finish(history: OpenHistory, reached: P): T {
    this.#requireOwn(history);
    const { reader } = history;
    const { id } = this.session;
    const isAlone = countOf(reader, id) === this.#count;
    if (!isAlone) this.#putOthersBehind(history);
    const result = addingMessages(history, () => this.session.finish(history, reached));
    if (!isAlone) countMessages(reader, id);
    return result;
  }

  /** What an agent has written meanwhile goes on from all that was added. */
  #putOthersBehind(history: OpenHistory): void {
    const last = this.#added.at(-1)?.last ?? 0n;
    const others = messageIds(history.reader, this.session.id).filter(
      (message) => BigInt(message) < last && !this.#isAdded(message),
    );
    liftMessages(history, others)();
  }

  /** @throws {DomainError} `session_not_found`, also where this process was away for so long that somebody else has begun anew */
  #requireOwn(history: OpenHistory): void {
    if (!this.#isOwn(history)) throw new DomainError('session_not_found');
  }

  #isOwn({ reader }: OpenHistory): boolean {
    const sql = 'SELECT 1 FROM sessions WHERE id = ? AND end_reason = ? AND ended_at = ?';
    return reader.get(sql, this.session.id, UNFINISHED, this.#writtenAt) !== undefined;
  }

  /**
   * Takes out its messages. What others have written under its id stays.
   * @param isLeft whether there is something, which is to go.
   */
  async #takeOut(isLeft: (history: OpenHistory) => boolean, isOwn: IsOwn): Promise<void> {
    for (let next: Taken | undefined = { last: LOWEST_ID, count: 0 }; next !== undefined;) {
      const from: Taken = next;
      next = await this.#write((history) => {
        if (!isLeft(history)) return undefined;
        if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
        return takeMessages(history, this.session.id, { from, isOwn });
      });
    }
  }

  /** Takes out what failed. With what others have written meanwhile its row stays, to be begun anew at once. */
  async #giveUp(): Promise<void> {
    await this.#takeOut(
      (history) => this.#isOwn(history),
      (_history, message) => this.#isAdded(message),
    );
    await this.#write((history) => {
      const { reader } = history;
      const { id } = this.session;
      if (!this.#isOwn(history)) return;
      // Alone: what had lost it before, and names it, is no part of what is added.
      if (countOf(reader, id) === 0) runRowChanges(reader, removalOf(history, [id]));
      else reader.run('UPDATE sessions SET ended_at = ended_at - ? WHERE id = ?', ABANDONED, id);
    });
  }

  #isAdded(message: string): boolean {
    const id = BigInt(message);
    return this.#added.some(({ behind, last }) => behind < id && id <= last);
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

/**
 * Takes out some of the messages under an id.
 * @param isOwn whether one of them is to go, as `AddedInSlices` has it.
 * @returns from where on there may be more of them.
 */
function takeMessages(
  history: OpenHistory,
  id: string,
  { from, isOwn }: { readonly from: Taken; readonly isOwn: IsOwn },
): Taken | undefined {
  const end = performance.now() + WORK;
  const some = `SELECT CAST(id AS TEXT) FROM messages WHERE session_id = ? AND id > CAST(? AS INTEGER) ORDER BY id LIMIT ${TAKEN_AT_ONCE}`;
  let { last, count } = from;
  do {
    const ids = history.reader.tuples(some, id, last).map(([message]) => String(message));
    const own: string[] = [];
    for (const message of ids) if (isOwn(history, message, count + own.length)) own.push(message);
    removeMessages(history, `[${own.join(',')}]`);
    count += own.length;
    if (ids.length < TAKEN_AT_ONCE) return undefined;
    last = ids.at(-1) ?? last;
  } while (performance.now() < end);
  return { last, count };
}

function countOf(reader: SqliteReader, id: string): number {
  return Number(reader.value('SELECT count(*) FROM messages WHERE session_id = ?', id));
}

function epochSeconds(): number {
  return Date.now() / 1000;
}
