import pLimit from 'p-limit';
import type { EntityManager } from 'typeorm';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import {
  pendingCommands,
  pendingUpdates,
  titleGivers,
  type PendingCommand,
} from '../commands/command-queue.js';
import { confirmCommands, isGivenBack, unbury, type ExecutedCommand } from '../commands/executed-commands.js';
import { MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import { leaveOutWordIndex } from '../search/word-index.js';
import type { StoredSession } from '../write/derivation.js';
import { changeHistory, type HistoryChange } from '../write/history-change.js';
import { removeSessions } from '../write/session-deletion.js';
import { flagFields, titleFields } from '../write/session-update.js';
import { MessageCopies, type SessionName } from './copied-messages.js';
import { areRowsChecked } from './copy-data.js';
import {
  countRemovals,
  holdSessions,
  noteRemovals,
  readComparisonState,
  releaseSessions,
  type ComparisonState,
  type KnownFile,
} from './held-sessions.js';
import type { Following } from '../connection/migrations.js';
import { finishLargeLoad } from './large-load.js';
import { readDigests, type StoredDigest } from './message-digest.js';
import { MessageRows } from './message-rows.js';
import { messageChanges } from './message-changes.js';
import { ShipperLease, type HistoryRegistration, type ShipperIdentity } from './shipper-lease.js';
import type { CopiedRows, IncomingMessage, SessionUpload } from './upload.js';

/**
 * Start times, in epoch seconds and by id, of the sessions that were deleted here. {@link Infinity} until the origin has executed the
 * deletion. If the start time is unknown, the time of the deletion.
 */
type BuriedSessions = ReadonlyMap<string, number>;

/**
 * Whether an uploaded session is a new session that reuses the id of a deleted one: it started later by its origin's clock. Otherwise it
 * is a late upload, or comes from a backup.
 */
export function isBegunAnew(
  { id, startedAt }: Pick<StoredSession, 'id' | 'startedAt'>,
  buried: BuriedSessions,
): boolean {
  return startedAt !== null && startedAt > (buried.get(id) ?? -Infinity);
}

/** The state of some sessions in this database. */
export interface KnownSessions {
  /** The sessions stored here, by id. */
  readonly present: ReadonlyMap<string, PresentSession>;
  /** The sessions that were deleted here, for {@link isBegunAnew}. */
  readonly buried: BuriedSessions;
}

/** The state of one session in this database. */
export interface PresentSession {
  /** Empty until the whole session has arrived. */
  readonly fingerprint: string;
  readonly number: number;
  readonly messages: number;
}

/** The newest message of a session. */
export interface NewestMessage {
  readonly sessionId: string;
  readonly messageId: number;
  /** Epoch seconds; null where unknown. */
  readonly timestamp: number | null;
}

/** A stored message without its texts. */
export type StoredMark = Pick<IncomingMessage, 'id' | 'state' | 'bytes' | 'timestamp' | 'place'>;

/** How much of a session has arrived. */
export interface SessionExtent {
  readonly messages: number;
  /** How many of {@link messages} are not active. */
  readonly inactive: number;
  /** 0 if there are no messages. */
  readonly newestId: number;
  /** Epoch seconds; null where unknown. */
  readonly newestAt: number | null;
  readonly bytes: number;
}

/**
 * The origin still has everything that is taken in, so commits do not wait for the database's disk. After a crash the next transaction
 * notices what was lost, because transactions are counted, and the shipper sends it again.
 */
const TAKING_IN = 'SET LOCAL synchronous_commit = off';

/** During the first load, words are added to their index in large batches, which halves the time. */
const FIRST_LOAD = `${TAKING_IN}; SET LOCAL gin_pending_list_limit = '64MB'; SET LOCAL work_mem = '128MB'`;

/** From this many sessions on, an empty database is filled without its word index. */
const LARGE_LOAD = 2000;

/** Takes in what the origin of one history sends. Each call is one transaction. */
export class HistoryIntake {
  readonly #copies: MessageCopies;
  /** Runs one transaction at a time, because transactions are counted. */
  readonly #turns = pLimit(1);

  private constructor(
    private readonly connection: PostgresConnection,
    /** The right to send the history. */
    readonly lease: ShipperLease,
    /** The result of {@link areRowsChecked} for the sending role. */
    private readonly areChecked: boolean,
  ) {
    this.#copies = new MessageCopies(lease.historyId);
  }

  /**
   * Registers a history, or updates its registration, and starts to take it in.
   * @param hasEnded whether a process, given as in {@link ShipperIdentity.process}, is known to have ended.
   * @throws {DomainError} `store_unavailable`, also while another shipper has the lease; then all later calls throw it, too
   */
  static async open(
    connection: PostgresConnection,
    history: HistoryRegistration,
    shipper: ShipperIdentity,
    hasEnded: (process: string) => boolean,
  ): Promise<HistoryIntake> {
    const lease = await ShipperLease.take(connection, history, shipper, hasEnded);
    return new HistoryIntake(connection, lease, await connection.current(areRowsChecked));
  }

  /** The number of the history in the database. */
  get historyId(): number {
    return this.lease.historyId;
  }

  /**
   * Records that the history is being followed.
   * @returns whether somebody has accepted the removal of the held-back sessions.
   * @throws {DomainError} `store_unavailable` if data that was taken in is missing
   */
  seen(fileBytes: number): Promise<boolean> {
    return this.#turns(() => this.lease.seen(fileBytes));
  }

  /** Checks the same without recording anything. @returns and throws as {@link seen} does. */
  verify(): Promise<boolean> {
    return this.#turns(() => this.lease.verify());
  }

  /** The stored state of the history, read before its file is compared with it. */
  comparisonState(): Promise<ComparisonState> {
    return this.connection.current((manager) => readComparisonState(manager, this.historyId));
  }

  /**
   * Records which sessions are held back in total. An earlier acceptance is void once the set has changed.
   * @param digest identifies the set of sessions.
   */
  hold(sessions: number, digest: string): Promise<void> {
    return this.#change(({ manager }) => holdSessions(manager, this.historyId, sessions, digest));
  }

  /**
   * Records that every session was compared and that all differences have arrived.
   * @param file the file that was compared; undefined while sessions are held back, which keeps the previously recorded file.
   */
  setCompared(file: KnownFile | undefined): Promise<void> {
    return this.#change(async ({ manager }) => {
      await manager.query('UPDATE histories SET compared_at = now() WHERE id = $1', [this.historyId]);
      if (file !== undefined) await releaseSessions(manager, this.historyId, file);
    });
  }

  /** How many sessions were removed lately, by any shipper. */
  recentRemovals(): Promise<number> {
    return this.connection.current((manager) => countRemovals(manager, this.historyId));
  }

  /** How many sessions are stored here. */
  async count(): Promise<number> {
    const [{ sessions }] = await this.connection.current((manager) =>
      manager.query<[{ sessions: number }]>(
        `SELECT coalesce(CAST(sum(entries) AS bigint), 0) AS sessions FROM session_counts WHERE history_id = $1 AND kind = 'row'`,
        [this.historyId],
      ),
    );
    return sessions;
  }

  /** All sessions stored here, by id. */
  present(): Promise<ReadonlyMap<string, PresentSession>> {
    return this.connection.current((manager) => readPresent(manager, this.historyId));
  }

  /** The newest message of each given session that has messages. */
  newestMessages(sessionIds: readonly string[]): Promise<readonly NewestMessage[]> {
    return this.connection.current(async (manager) => {
      const rows = await manager.query<NewestMessage[]>(
        `SELECT s.id AS "sessionId", n.id AS "messageId", n."timestamp"
          FROM unnest($2::text[]) AS s(id) CROSS JOIN LATERAL (
            SELECT m.id, m."timestamp" FROM messages m WHERE m.history_id = $1 AND m.session_id = s.id ORDER BY m.id DESC LIMIT 1) n`,
        [this.historyId, sessionIds.map(toStored)],
      );
      return rows.map((row) => ({ ...row, sessionId: fromStored(row.sessionId) }));
    });
  }

  /** Which of some sessions are stored here, and which were deleted here and are therefore not wanted. */
  known(ids: readonly string[]): Promise<KnownSessions> {
    return this.connection.current(async (manager) => ({
      present: await readPresent(manager, this.historyId, ids),
      buried: await readBuried(manager, this.historyId, ids),
    }));
  }

  /** Reserves numbers for this many new sessions. */
  async numbers(count: number): Promise<readonly number[]> {
    if (count === 0) return [];
    const rows = await this.connection.transaction((manager) =>
      manager.query<{ number: number }[]>(
        `SELECT nextval('session_numbers') AS number FROM generate_series(1, $1)`,
        [count],
      ),
    );
    return rows.map(({ number }) => number);
  }

  /** How much of a session has arrived. */
  async extent(sessionId: string): Promise<SessionExtent> {
    const [row] = await this.connection.current((manager) =>
      manager.query<[SessionExtent]>(
        `SELECT count(*) AS messages, coalesce(max(m.id), 0) AS "newestId",
            (SELECT n."timestamp" FROM messages n WHERE n.history_id = $1 AND n.session_id = $2 ORDER BY n.id DESC LIMIT 1) AS "newestAt",
            count(*) FILTER (WHERE m.state & ${MESSAGE_STATE.active} = 0) AS inactive,
            (SELECT stored_bytes FROM sessions WHERE history_id = $1 AND id = $2) AS bytes
          FROM messages m WHERE m.history_id = $1 AND m.session_id = $2`,
        [this.historyId, toStored(sessionId)],
      ),
    );
    return row;
  }

  /** State, size, time and place of a session's stored messages, by id. */
  async marks(sessionId: string): Promise<ReadonlyMap<number, StoredMark>> {
    const rows = await this.connection.current((manager) =>
      manager.query<StoredMark[]>(
        'SELECT id, state, bytes, "timestamp", place FROM messages WHERE history_id = $1 AND session_id = $2',
        [this.historyId, toStored(sessionId)],
      ),
    );
    return new Map(rows.map((mark) => [mark.id, mark]));
  }

  /** The digests of some sessions' stored content, by id. */
  digests(ids: readonly string[]): Promise<ReadonlyMap<string, StoredDigest>> {
    return this.connection.current((manager) => readDigests(manager, this.historyId, ids));
  }

  /** Encodes messages for {@link put}. */
  prepare(session: SessionName, messages: readonly IncomingMessage[]): CopiedRows {
    this.#copies.add(session, messages);
    return this.#copies.take();
  }

  /**
   * Takes in sessions with messages, and removes those that are gone. Changes that are pending at the origin stay visible.
   * @param lost how many sessions disappear, or lose most of their messages, by this; remembered for a while.
   */
  async put(uploads: readonly SessionUpload[], gone: readonly string[], lost = gone.length): Promise<void> {
    await this.#change(async (change) => {
      const ids = uploads.map(({ session }) => session.id);
      const buried = await readBuried(change.manager, this.historyId, ids);
      const wanted = uploads.filter(({ session }) => !buried.has(session.id) || isBegunAnew(session, buried));
      await unbury(
        change,
        wanted.map(({ session }) => session.id).filter((id) => buried.has(id)),
      );
      const present = await readPresent(change.manager, this.historyId, ids);
      requireNumbers(wanted, present);
      await removeSessions(change, gone);
      const messages = await messageChanges(change, wanted, present);
      const { manager } = change;
      await new MessageRows(manager, this.historyId, this.#copies, this.areChecked).write(wanted);
      const pending = await pendingUpdates(
        change,
        wanted.map(({ session }) => session.id),
      );
      const written = wanted.map((upload) => overlaid(this.#toStored(upload), pending));
      await change.write({ written, messages });
      await this.#noteNewest(change, wanted);
      if (lost > 0) await noteRemovals(change.manager, this.historyId, lost);
    });
  }

  /** Records the highest message id. A file that has never contained so high an id is an older file. */
  async #noteNewest({ manager }: HistoryChange, uploads: readonly SessionUpload[]): Promise<void> {
    const newest = uploads
      .flatMap(({ messageIds }) => messageIds)
      .reduce((highest, id) => Math.max(highest, id), 0);
    await manager.query(
      'UPDATE histories SET newest_message_id = greatest(newest_message_id, $2) WHERE id = $1 AND newest_message_id IS DISTINCT FROM greatest(newest_message_id, $2)',
      [this.historyId, newest],
    );
  }

  /** Prepares for this many sessions to be taken in. */
  async expect(sessions: number): Promise<void> {
    if (sessions < LARGE_LOAD || (await this.#isLoaded())) return;
    // Ignored: leaving the index out only saves time.
    await this.connection.transaction(leaveOutWordIndex).catch(() => undefined);
  }

  /** Records that the whole history has arrived. */
  async setLoaded(following: Following = {}): Promise<void> {
    if (await this.#isLoaded()) return;
    await finishLargeLoad(this.connection, this.historyId, following);
    await this.#change(async (change) => {
      await change.manager.query('UPDATE histories SET is_loaded = true WHERE id = $1', [this.historyId]);
      change.reset();
    });
  }

  async #isLoaded(): Promise<boolean> {
    const [history] = await this.connection.current((manager) =>
      manager.query<{ is_loaded: boolean }[]>('SELECT is_loaded FROM histories WHERE id = $1', [
        this.historyId,
      ]),
    );
    return history?.is_loaded === true;
  }

  /** Records that the changes at the origin are unknown, because its file was replaced. */
  async reset(): Promise<void> {
    await this.#change((change) => {
      change.reset();
      return Promise.resolve();
    });
  }

  /** Records which sessions are in use, and for how many more seconds. Durations, because the hosts' clocks differ. */
  async setLeases(leases: ReadonlyMap<string, number>): Promise<void> {
    await this.#change(async ({ manager }) => {
      await manager.query('DELETE FROM leases WHERE history_id = $1 AND NOT session_id = ANY($2)', [
        this.historyId,
        [...leases.keys()].map(toStored),
      ]);
      await manager.query(
        `INSERT INTO leases (history_id, session_id, expires_at) SELECT $1, id, extract(epoch FROM clock_timestamp()) + seconds FROM unnest($2::text[], $3::double precision[]) AS l(id, seconds)
          ON CONFLICT (history_id, session_id) DO UPDATE SET expires_at = EXCLUDED.expires_at`,
        [this.historyId, [...leases.keys()].map(toStored), [...leases.values()]],
      );
    });
  }

  /** The changes that are pending at the origin, oldest first, in batches. */
  async *pending(): AsyncGenerator<readonly PendingCommand[]> {
    let behind = 0;
    for (;;) {
      const { commands, isMore } = await this.#pendingBehind(behind);
      if (commands.length > 0) yield commands;
      if (!isMore) return;
      behind = commands.at(-1)?.id ?? behind;
    }
  }

  #pendingBehind(id: number): ReturnType<typeof pendingCommands> {
    return this.connection.current((manager) => pendingCommands({ manager, historyId: this.historyId }, id));
  }

  /** The ids of the pending changes by which a session gives up its title at the origin. */
  titleGivers(sessionId: string): Promise<readonly number[]> {
    return this.connection.current((manager) =>
      titleGivers({ manager, historyId: this.historyId }, sessionId),
    );
  }

  /**
   * Records the origin's results for some changes. Later requests for the same fields stay pending.
   * @returns the sessions to send again, because they are still shown as they were requested to be.
   */
  async confirm(executed: readonly ExecutedCommand[]): Promise<readonly string[]> {
    if (executed.length === 0) return [];
    const affected = [
      ...new Set(
        executed.flatMap(({ command }) => [command.sessionId, ...command.flagged, ...command.untitled]),
      ),
    ];
    await this.#change(async (change) => {
      await confirmCommands(change, executed);
      await change.manager.query(
        `UPDATE sessions SET fingerprint = '' WHERE history_id = $1 AND id = ANY($2)`,
        [this.historyId, affected.map(toStored)],
      );
    });
    return executed.some(isGivenBack) ? [...new Set([...affected, ...(await this.#unlike())])] : affected;
  }

  /** Sessions that differ from their origin, such as children that became roots when their parent was deleted here. */
  async #unlike(): Promise<readonly string[]> {
    const rows = await this.connection.current((manager) =>
      manager.query<{ id: string }[]>(`SELECT id FROM sessions WHERE history_id = $1 AND fingerprint = ''`, [
        this.historyId,
      ]),
    );
    return rows.map(({ id }) => fromStored(id));
  }

  #change<T>(work: (change: HistoryChange) => Promise<T>): Promise<T> {
    return this.#turns(() => this.#changeAlone(work));
  }

  async #changeAlone<T>(work: (change: HistoryChange) => Promise<T>): Promise<T> {
    const { result, counted } = await changeHistory(this.connection, this.historyId, async (change) => {
      this.lease.check(change.history);
      await change.manager.query(change.history.isLoaded ? TAKING_IN : FIRST_LOAD);
      return { result: await work(change), counted: await this.lease.count(change.manager) };
    });
    counted();
    return result;
  }

  #toStored({ session, number }: SessionUpload): StoredSession {
    return {
      ...session,
      namedUserId: session.userId,
      number,
      ...titleFields(session.title),
      historyId: this.historyId,
      // Derived when the row is written.
      rootId: session.id,
      rootNumber: number,
      chainLength: 1,
      isEntry: false,
    };
  }
}

/** Word rows refer to a session by its number, so those with another number would never be found again. */
function requireNumbers(
  uploads: readonly SessionUpload[],
  present: ReadonlyMap<string, PresentSession>,
): void {
  if (uploads.some(({ session, number }) => (present.get(session.id)?.number ?? number) !== number))
    throw new Error('A session has arrived by another way meanwhile.');
}

/** @param ids omit it for all sessions. */
async function readPresent(
  manager: EntityManager,
  historyId: number,
  ids?: readonly string[],
): Promise<ReadonlyMap<string, PresentSession>> {
  const select =
    'SELECT id, fingerprint, number, stored_messages AS messages FROM sessions WHERE history_id = $1';
  const rows = await manager.query<(PresentSession & { readonly id: string })[]>(
    // Two statements: one condition that covers both cases would read all rows each time.
    ids === undefined ? select : `${select} AND id = ANY($2)`,
    ids === undefined ? [historyId] : [historyId, ids.map(toStored)],
  );
  return new Map(rows.map(({ id, ...present }) => [fromStored(id), present]));
}

async function readBuried(
  manager: EntityManager,
  historyId: number,
  ids: readonly string[],
): Promise<BuriedSessions> {
  const rows = await manager.query<{ session_id: string; began: number }[]>(
    `SELECT t.session_id, CASE WHEN EXISTS (SELECT 1 FROM commands c
          WHERE c.history_id = $1 AND c.state = 'pending' AND c.kind = 'delete' AND t.session_id = ANY(c.flagged))
        THEN CAST('infinity' AS double precision)
        ELSE coalesce(t.started_at, CAST(extract(epoch FROM t.deleted_at) AS double precision)) END AS began
      FROM tombstones t WHERE t.history_id = $1 AND t.session_id = ANY($2)`,
    [historyId, ids.map(toStored)],
  );
  return new Map(rows.map(({ session_id: id, began }) => [fromStored(id), began]));
}

/** A session row as it is shown: with the changes that are pending at its origin. */
function overlaid(session: StoredSession, pending: readonly PendingCommand[]): StoredSession {
  let shown = session;
  for (const { sessionId, changes, flagged, untitled } of pending) {
    if (untitled.includes(session.id)) shown = { ...shown, ...titleFields(null) };
    if (sessionId === session.id && changes.title !== undefined)
      shown = { ...shown, ...titleFields(changes.title) };
    // Only the first end of a session counts.
    if (sessionId === session.id && changes.endReason !== undefined && shown.endedAt === null)
      shown = { ...shown, endedAt: changes.endedAt ?? null, endReason: changes.endReason };
    if (flagged.includes(session.id)) shown = { ...shown, ...flagFields(changes, shown) };
  }
  return shown;
}
