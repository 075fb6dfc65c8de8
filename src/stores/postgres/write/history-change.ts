import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import type { HistoryName, SessionAccess } from '../../../sessions/session-access.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { changesBetween, encodeChange, type Moment, type StoredChange } from '../events/stored-change.js';
import { stillArriving } from '../histories.js';
import { ConversationEntity, HistoryEntity, SessionEntity } from '../schema/entities.js';
import { EntityRows, type RowOf } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import { derive, StoredLineage, type Derivation, type StoredSession } from './derivation.js';
import { readNeighbourhood } from './neighbourhood.js';

/** Where it is told that a history has changed, with its id. */
export const CHANGE_CHANNEL = 'hermes_sessions_changes';

/** What is known of a change for longer than this is forgotten; seconds. */
export const CHANGE_LIFE = 600;

/** One in so many transactions removes what nobody will ask for any more. */
const CLEANING_SHARE = 200;

/** What is done to the sessions of a history. */
export interface SessionWrites {
  /** Rows that are added, or take the place of those with the same id; what follows from their relatives is worked out here. */
  readonly written?: readonly StoredSession[];
  readonly removed?: readonly string[];
  /** Messages that were added, by their sessions. */
  readonly messageIds?: ReadonlyMap<string, readonly number[]>;
}

/**
 * One transaction that changes a history. It holds the history's lock, so that what it reads stays as it is, and keeps what
 * follows from the rows: chains, conversations, and what listeners are told.
 */
export class HistoryChange {
  /** What happened, each change by itself; undefined for more than is told. */
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
   * Makes sure that the history's host makes changes that are asked for here.
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
   * Makes sure that all of the history has arrived.
   * @throws {DomainError} `store_unavailable`
   */
  requireArrived(): void {
    if (!this.history.isLoaded) throw stillArriving(this.history);
  }

  /** The rows around some sessions, as the rules of lineage look at them. */
  async lineageAround(ids: Iterable<string>): Promise<StoredLineage> {
    const { sessions } = await readNeighbourhood(this.manager, this.historyId, ids);
    return new StoredLineage(sessions.values());
  }

  /**
   * Makes sure that somebody may know of a session and of all that a change to it touches.
   * @throws {DomainError} `session_not_found`
   */
  async requireVisible(id: string, access: SessionAccess): Promise<void> {
    requireVisible(access, await this.lineageAround([id]), id);
  }

  /** Writes sessions, and everything that follows from them. */
  async write({ written = [], removed = [], messageIds = new Map() }: SessionWrites): Promise<void> {
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
      ...{ history, around },
    });
    this.#happened.push(
      ...changesBetween(momentOf(before, known.sessions), momentOf(after, sessions), messageIds),
    );
  }

  /** Says that more happened than is told. */
  reset(): void {
    this.#isChanged = true;
    this.#happened.push(undefined);
  }

  /** Tells what happened, to be heard once the transaction is committed. */
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
 * Runs `work` in one transaction that holds the lock of a history, as every change to the database's histories does. It happens whole or
 * not at all.
 * @throws {DomainError} `store_unavailable`, also where the history is gone
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

/** Whether two rows agree in everything. */
function isSame(a: object | undefined, b: object): boolean {
  return a !== undefined && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(row: object): readonly unknown[] {
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}
