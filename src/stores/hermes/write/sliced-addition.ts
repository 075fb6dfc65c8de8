import type { Database } from 'better-sqlite3';
import { DomainError } from '../../../domain/errors.js';
import type { KeptRow } from '../../../sessions/kept-session.js';
import { UNFINISHED } from '../../../sessions/session-import.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { runRowChanges } from '../file/row-change.js';
import { quotedName } from '../file/stored-rows.js';
import type { Layout } from '../file/layout.js';
import type { SessionIndex } from '../index/session-index.js';
import { removalOf } from './session-deletion.js';
import { storable } from './storable.js';
import { ABANDONED, isUnfinished } from './unfinished-import.js';

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
  /** Where it begins. */
  readonly beginning: P;
  /** Adds its row, with `unfinished` in the place of what it will have. @throws {DomainError} where it may not be there */
  begin(db: Database, history: OpenHistory, unfinished: KeptRow): void;
  /** @returns what adds the next message, and says how far it has come then; undefined where there is none. */
  adder(db: Database, history: OpenHistory): (from: P) => P | undefined;
  /** Gives its row what it will have, see {@link completeRow}. */
  finish(db: Database, history: OpenHistory, reached: P): T;
}

/** How far the messages of one transaction came. */
interface Slice<P> {
  readonly reached: P;
  readonly isOver: boolean;
  /** When it was, as it stands in the session. */
  readonly at: number;
}

/**
 * Adds one session whose messages are too many for one transaction, some at a time. Until the last one is there it is archived, hidden where
 * the version can hide it, without a title and a parent, and has ended for a reason that says what is missing, so that nobody takes it for
 * whole. What fails half-way is taken out again; what a crash leaves is begun anew when the same is added again.
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

  constructor(
    private readonly session: AddedInSlices<P, T>,
    private readonly connection: HermesConnection,
    private readonly index: Pick<SessionIndex, 'touch'>,
  ) {}

  async run(): Promise<T> {
    const { id, beginning } = this.session;
    const abandoned = epochSeconds() - ABANDONED;
    await this.#takeOut((db) => isUnfinished(db, id, abandoned));
    this.#writtenAt = await this.#write((db, history) => this.#begin(db, history));
    try {
      for (let reached = beginning, isOver = false; ;) {
        const from = reached;
        if (isOver) return await this.#write((db, history) => this.#finish(db, history, from));
        const slice = await this.#write((db, history) => this.#addSome(db, history, from));
        this.#writtenAt = slice.at;
        ({ reached, isOver } = slice);
      }
    } catch (error) {
      // What it failed with may keep it from being taken out as well: then it is begun anew when the same is added again.
      await this.#takeOut((db) => this.#isOwn(db)).catch(() => undefined);
      throw error;
    }
  }

  /** @returns when, as it stands in the session. */
  #begin(db: Database, history: OpenHistory): number {
    const at = epochSeconds();
    if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
    this.session.begin(db, history, {
      ...{ title: null, parent_session_id: null, message_count: 0, tool_call_count: 0 },
      ...{ ended_at: at, end_reason: UNFINISHED, archived: 1, hidden: 1, pinned: 0 },
    });
    return at;
  }

  #addSome(db: Database, history: OpenHistory, from: P): Slice<P> {
    this.#requireOwn(db);
    const add = this.session.adder(db, history);
    const end = performance.now() + WORK;
    let reached = from;
    let isOver = false;
    while (!isOver && performance.now() < end) {
      const next = add(reached);
      if (next === undefined) isOver = true;
      else reached = next;
    }
    const at = epochSeconds();
    db.prepare('UPDATE sessions SET ended_at = ? WHERE id = ?').run(at, this.session.id);
    return { reached, isOver, at };
  }

  #finish(db: Database, history: OpenHistory, reached: P): T {
    this.#requireOwn(db);
    return this.session.finish(db, history, reached);
  }

  /** @throws {DomainError} `session_not_found`, also where this process was away for so long that somebody else has begun anew */
  #requireOwn(db: Database): void {
    if (!this.#isOwn(db)) throw new DomainError('session_not_found');
  }

  #isOwn(db: Database): boolean {
    const find = db.prepare('SELECT 1 FROM sessions WHERE id = ? AND end_reason = ? AND ended_at = ?');
    return find.get(this.session.id, UNFINISHED, this.#writtenAt) !== undefined;
  }

  /** Takes out what there is of it. @param isLeft whether there is something, which is to go. */
  async #takeOut(isLeft: (db: Database) => boolean): Promise<void> {
    const { id } = this.session;
    for (let isGone = false; !isGone;) {
      isGone = await this.#write((db, history) => {
        if (!isLeft(db)) return true;
        if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
        if (takeMessages(db, id)) return false;
        // Alone: what had lost it before, and names it, is no part of what is added.
        runRowChanges(db, removalOf(db, history.layout, [id]));
        return true;
      });
    }
  }

  #write<R>(write: (db: Database, history: OpenHistory) => R): Promise<R> {
    return this.connection.transaction((db, history) => {
      this.index.touch([this.session.id]);
      return write(db, history);
    });
  }
}

/** Writes those columns of a session's row that this version has. */
export function completeRow(db: Database, layout: Layout, id: string, row: KeptRow): void {
  const columns = Object.keys(row).filter((column) => layout.sessionColumns.has(column));
  db.prepare(
    `UPDATE sessions SET ${columns.map((column) => `${quotedName(column)} = ?`).join(', ')} WHERE id = ?`,
  ).run(...columns.map((column) => storable(row[column] ?? null)), id);
}

/** @returns whether there may be more of them. */
function takeMessages(db: Database, id: string): boolean {
  const end = performance.now() + WORK;
  const take = db.prepare(
    `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE session_id = ? LIMIT ${TAKEN_AT_ONCE})`,
  );
  while (performance.now() < end) if (take.run(id).changes < TAKEN_AT_ONCE) return false;
  return true;
}

function epochSeconds(): number {
  return Date.now() / 1000;
}
