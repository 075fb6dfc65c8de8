import type { Database } from 'better-sqlite3';
import { DomainError } from '../../../domain/errors.js';
import type { SessionAccess } from '../../../sessions/session-access.js';
import { UNFINISHED, type ImportedSession } from '../../../sessions/session-import.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { runRowChanges } from '../file/row-change.js';
import { heirGuard, requireFree, requireUntaken } from './session-creation.js';
import { removalOf } from './session-deletion.js';
import { insertImported, messageInserter, type BondsOf } from './session-import.js';
import { ABANDONED, isUnfinished } from './unfinished-import.js';

/** What fits into one transaction whatever the machine: its search indexes take a fraction of a second for a megabyte. */
const ONE_PIECE = { messages: 100, characters: 128 * 1024 } as const;

/** How long one transaction goes on taking the next message, in milliseconds. */
const WORK = 30;

/** Messages that are taken out between two looks at the clock. */
const TAKEN_AT_ONCE = 50;

/** Whether all of a session is added in one transaction. */
export function fitsInOnePiece({ messages }: ImportedSession): boolean {
  if (messages.length > ONE_PIECE.messages) return false;
  const texts = messages.flatMap((message) => Object.values(message));
  const characters = texts.reduce<number>(
    (sum, text) => sum + (typeof text === 'string' ? text.length : 0),
    0,
  );
  return characters <= ONE_PIECE.characters;
}

/** What an import is part of. */
export interface ImportSurroundings {
  readonly connection: HermesConnection;
  readonly access: SessionAccess;
  readonly bondsOf: BondsOf;
  /** Whether a session comes with it. */
  readonly isBrought: (id: string) => boolean;
  /** Is called with what is about to be changed. */
  readonly touch: (ids: readonly string[]) => void;
}

/**
 * Adds one session whose messages are too many for one transaction, some at a time. Until the last one is there it is archived, hidden where
 * the version can hide it, without a title and a parent, and has ended for a reason that says what is missing, so that nobody takes it for
 * whole. What fails half-way is taken out again; what a crash leaves is begun anew when it is sent again.
 */
export class SlicedImport {
  #added = 0;
  /** When this import wrote last, in epoch seconds, as it stands in the session: another time is of somebody who took it over. */
  #writtenAt = NaN;

  constructor(
    private readonly session: ImportedSession,
    private readonly surroundings: ImportSurroundings,
  ) {}

  /** @throws {DomainError} as `importer` does; `session_not_found` where it was deleted half-way. */
  async run(): Promise<void> {
    const { id } = this.session;
    const abandoned = epochSeconds() - ABANDONED;
    await this.#takeOut((db) => isUnfinished(db, id, abandoned));
    this.#writtenAt = await this.#write((db, history) => this.#begin(db, history));
    try {
      while (this.#added < this.session.messages.length) {
        const { added, at } = await this.#write((db, history) => this.#addSome(db, history));
        this.#added = added;
        this.#writtenAt = at;
      }
      await this.#write((db, history) => {
        this.#finish(db, history);
      });
    } catch (error) {
      // What it failed with may keep it from being taken out as well: then it is begun anew when it is sent again.
      await this.#takeOut((db) => this.#isOwn(db)).catch(() => undefined);
      throw error;
    }
  }

  /** @returns when, as it stands in the session. */
  #begin(db: Database, history: OpenHistory): number {
    const { id, title } = this.session;
    const { access, isBrought } = this.surroundings;
    const at = epochSeconds();
    if (!history.canFireTriggers) throw new DomainError('tokenizer_unavailable');
    requireFree(db, id);
    heirGuard(db, history.layout, access, isBrought)(id);
    requireUntaken(db, title);
    const { modelConfig } = this.surroundings.bondsOf(db, history.layout, this.session);
    insertImported(
      db,
      history.layout,
      { ...this.session, modelConfig },
      {
        ...{ title: null, parent_session_id: null, message_count: 0, tool_call_count: 0 },
        ...{ ended_at: at, end_reason: UNFINISHED, archived: 1, hidden: 1, pinned: 0 },
      },
    );
    return at;
  }

  /** @returns how many there are then, and when, as it stands in the session. */
  #addSome(db: Database, { layout }: OpenHistory): { readonly added: number; readonly at: number } {
    const { id, messages } = this.session;
    this.#requireOwn(db);
    const insert = messageInserter(db, layout, this.session);
    const end = performance.now() + WORK;
    let added = this.#added;
    for (; added < messages.length && performance.now() < end; added++) insert(messages[added] ?? {});
    const at = epochSeconds();
    db.prepare('UPDATE sessions SET ended_at = ? WHERE id = ?').run(at, id);
    return { added, at };
  }

  #finish(db: Database, { layout }: OpenHistory): void {
    const { id, title, more, odd, messageCount, toolCalls } = this.session;
    this.#requireOwn(db);
    requireUntaken(db, title);
    const whole = {
      ...{ title, parent_session_id: this.surroundings.bondsOf(db, layout, this.session).parentId },
      ...{
        ended_at: more.ended_at ?? null,
        end_reason: more.end_reason ?? null,
        archived: more.archived ?? 0,
      },
      ...{ message_count: messageCount, tool_call_count: toolCalls },
      ...{ hidden: more.hidden ?? 0, pinned: more.pinned ?? 0 },
      ...odd,
    };
    const columns = Object.keys(whole).filter((column) => layout.sessionColumns.has(column));
    db.prepare(
      `UPDATE sessions SET ${columns.map((column) => `${column} = :${column}`).join(', ')} WHERE id = :id`,
    ).run({
      ...whole,
      id,
    });
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
        // Alone: what had lost it before, and names it, is no part of the import.
        runRowChanges(db, removalOf(db, history.layout, [id]));
        return true;
      });
    }
  }

  #write<T>(write: (db: Database, history: OpenHistory) => T): Promise<T> {
    const { connection, touch } = this.surroundings;
    return connection.transaction((db, history) => {
      touch([this.session.id]);
      return write(db, history);
    });
  }
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
