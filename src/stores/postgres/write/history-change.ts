import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import type { HistoryName, SessionAccess } from '../../../domain/access.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import {
  changesBetween,
  encodeChange,
  type MessageChanges,
  type Moment,
  type StoredChange,
} from '../events/stored-change.js';
import { stillArriving } from '../histories.js';
import { ConversationEntity, HistoryEntity, SessionEntity } from '../schema/entities.js';
import { EntityRows, type RowOf } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import { derive, StoredLineage, type Derivation, type StoredSession } from './derivation.js';
import { readNeighbourhood } from './neighbourhood.js';

/** Notification channel for changed histories; the payload is the history's id. */
export const CHANGE_CHANNEL = 'hermes_sessions_changes';

/** How long changes are kept, in seconds. */
export const CHANGE_LIFE = 600;

/** One in this many versions of a history removes outdated changes. */
const CLEANING_SHARE = 200;

/** Writes to the sessions of a history. */
export interface SessionWrites {
  /** Rows to insert or replace; their derived columns are computed here. */
  readonly written?: readonly StoredSession[];
  readonly removed?: readonly string[];
  /** What happened to messages; nothing by default. */
  readonly messages?: MessageChanges;
}

const NO_MESSAGES: MessageChanges = { added: new Map(), rewritten: new Set() };

/**
 * One transaction that changes a history. It holds the history's lock, so that nothing it reads changes meanwhile. It maintains the data
 * derived from the rows: chains, conversations, and the changes for listeners.
 */
export class HistoryChange {
  /** The changes in order; undefined stands for a reset, if more happened than is reported. */
  readonly #happened: (StoredChange | undefined)[] = [];
  #isChanged = false;

  constructor(
    readonly manager: EntityManager,
    readonly history: RowOf<HistoryEntity>,
  ) {}

  get historyId(): number {
    return this.history.id;
  }

  get name(): HistoryName {
    return { profile: this.history.profile, origin: this.history.origin };
  }

  /**
   * Requires that the history's host executes changes that are made here.
   * @throws {DomainError} `unsupported_by_store`
   */
  requireChangeable(): void {
    if (!this.history.canChange) {
      throw new DomainError('unsupported_by_store', {
        message: `The history of ${this.history.origin} is only read here. Change it at that host.`,
      });
    }
  }

  /**
   * Requires that the history has fully arrived.
   * @throws {DomainError} `store_unavailable`
   */
  requireArrived(): void {
    if (!this.history.isLoaded) throw stillArriving(this.history);
  }

  /** The sessions around some sessions, as the lineage rules need them. */
  async lineageAround(ids: Iterable<string>): Promise<StoredLineage> {
    const { sessions } = await readNeighbourhood(this.manager, this.historyId, ids);
    return new StoredLineage(sessions.values());
  }

  /**
   * Requires that the caller may see a session and everything that a change of it touches.
   * @throws {DomainError} `session_not_found`
   */
  async requireVisible(id: string, access: SessionAccess): Promise<void> {
    requireVisible(access, await this.lineageAround([id]), id);
  }

  /** Writes sessions and everything derived from them. */
  async write({ written = [], removed = [], messages = NO_MESSAGES }: SessionWrites): Promise<void> {
    if (written.length === 0 && removed.length === 0) return;
    this.#isChanged = true;
    const known = await readNeighbourhood(
      this.manager,
      this.historyId,
      [...written.map(({ id }) => id), ...removed],
      written.flatMap(({ parentId }) => parentId ?? []),
    );
    const before = derive(new StoredLineage(known.sessions.values()), known.subjects);
    const sessions = new Map(known.sessions);
    for (const id of removed) sessions.delete(id);
    for (const session of written) sessions.set(session.id, session);
    const subjects = new Set([...known.subjects, ...written.map(({ id }) => id)]);
    const after = derive(new StoredLineage(sessions.values()), subjects);
    await this.#store(known.sessions, before, after);
    if (!this.history.isLoaded) return;
    const history = this.name;
    const momentOf = (derivation: Derivation, around: ReadonlyMap<string, StoredSession>): Moment => ({
      ...derivation,
      history,
      around,
    });
    this.#happened.push(
      ...changesBetween(momentOf(before, known.sessions), momentOf(after, sessions), messages),
    );
  }

  /** Records a reset: more happened than is reported. */
  reset(): void {
    this.#isChanged = true;
    this.#happened.push(undefined);
  }

  /** Stores the changes, and notifies listeners at commit. */
  async finish(): Promise<void> {
    if (!this.#isChanged) return;
    const { manager, historyId } = this;
    const [{ version }] = await manager.query<[{ version: number }]>(
      'WITH h AS (UPDATE histories SET version = version + 1 WHERE id = $1 RETURNING version) SELECT version FROM h',
      [historyId],
    );
    if (this.#happened.length > 0) {
      await manager.query(
        `INSERT INTO changes (history_id, version, place, change)
          SELECT $1, $2, place, change FROM unnest($3::text[]) WITH ORDINALITY AS happened (change, place)`,
        [historyId, version, this.#happened.map(encodeChange)],
      );
    }
    await manager.query('SELECT pg_notify($1, $2)', [CHANGE_CHANNEL, String(historyId)]);
    if (version % CLEANING_SHARE === 0) {
      await manager.query(
        `DELETE FROM changes WHERE history_id = $1 AND happened_at < now() - make_interval(secs => $2)`,
        [historyId, CHANGE_LIFE],
      );
    }
  }

  async #store(
    known: ReadonlyMap<string, StoredSession>,
    before: Derivation,
    after: Derivation,
  ): Promise<void> {
    const { manager, historyId } = this;
    const gone = [...before.sessions.keys()].filter((id) => !after.sessions.has(id));
    await this.#delete('sessions', 'id', gone);
    const dissolved = [...before.conversations.keys()].filter((id) => !after.conversations.has(id));
    await this.#delete('conversations', 'root_id', dissolved);
    const sessions = [...after.sessions.values()].filter(
      (session) => !isSame(known.get(session.id), session),
    );
    await new EntityRows(manager, SessionEntity).upsert(
      sessions.map((session) => ({ ...session, historyId })),
    );
    const conversations = [...after.conversations].flatMap(([id, { row }]) =>
      isSame(before.conversations.get(id)?.row, row) ? [] : [row],
    );
    await new EntityRows(manager, ConversationEntity).upsert(conversations);
  }

  async #delete(
    table: 'sessions' | 'conversations',
    key: 'id' | 'root_id',
    ids: readonly string[],
  ): Promise<void> {
    if (ids.length === 0) return;
    await this.manager.query(`DELETE FROM ${table} WHERE history_id = $1 AND ${key} = ANY($2)`, [
      this.historyId,
      ids.map(toStored),
    ]);
  }
}

/**
 * Runs `work` in one atomic transaction that holds the history's lock, as every change of a history must.
 * @throws {DomainError} `store_unavailable`, also if the history has been removed
 */
export function changeHistory<T>(
  connection: PostgresConnection,
  historyId: number,
  work: (change: HistoryChange) => Promise<T>,
): Promise<T> {
  return connection.transaction(async (manager) => {
    const history = await manager
      .createQueryBuilder(HistoryEntity, 'h')
      .setLock('pessimistic_write')
      .where('h.id = :historyId', { historyId })
      .getOne();
    if (history === null)
      throw new DomainError('store_unavailable', { message: 'The history is not in the database any more.' });
    const change = new HistoryChange(manager, history);
    const result = await work(change);
    await change.finish();
    return result;
  });
}

/** Whether two rows are equal. */
function isSame(a: object | undefined, b: object): boolean {
  return a !== undefined && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(row: object): readonly unknown[] {
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}
