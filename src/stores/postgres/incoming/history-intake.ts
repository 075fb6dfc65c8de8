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
import { newMessages } from './new-messages.js';
import { ShipperLease, type HistoryRegistration, type ShipperIdentity } from './shipper-lease.js';
import type { CopiedRows, IncomingMessage, SessionUpload } from './upload.js';

/**
 * When sessions began that were deleted here, in epoch seconds, by their ids; {@link Infinity} until their origin has deleted them. Where it is not
 * known, when they were deleted.
 */
type BuriedSessions = ReadonlyMap<string, number>;

/**
 * Whether a session is another one than the deleted one that had its id, and neither an upload that comes late nor one of a backup: by its
 * origin's clock it began later.
 */
export function isBegunAnew(
  { id, startedAt }: Pick<StoredSession, 'id' | 'startedAt'>,
  buried: BuriedSessions,
): boolean {
  return startedAt !== null && startedAt > (buried.get(id) ?? -Infinity);
}

/** What is here of some sessions. */
export interface KnownSessions {
  /** Those that are here, by their ids. */
  readonly present: ReadonlyMap<string, PresentSession>;
  /** Those that were deleted here, as {@link isBegunAnew} compares them. */
  readonly buried: BuriedSessions;
}

/** What is here of a session. */
export interface PresentSession {
  /** Empty where not all of it has arrived. */
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

/** A message as it is here, without its texts. */
export type StoredMark = Pick<IncomingMessage, 'id' | 'state' | 'bytes' | 'timestamp' | 'place'>;

/** How far a session has arrived. */
export interface SessionExtent {
  readonly messages: number;
  /** Of these the ones that are not active. */
  readonly inactive: number;
  /** 0 where there is none. */
  readonly newestId: number;
  /** Epoch seconds; null where unknown. */
  readonly newestAt: number | null;
  readonly bytes: number;
}

/**
 * What is taken in is at its origin as well, so that no commit waits for the disk of the database. What a crash loses is missed by the
 * next transaction, since the transactions are counted, and sent again.
 */
const TAKING_IN = 'SET LOCAL synchronous_commit = off';

/** While a history arrives, words are added to their index in large portions, which takes half of the time. */
const FIRST_LOAD = `${TAKING_IN}; SET LOCAL gin_pending_list_limit = '64MB'; SET LOCAL work_mem = '128MB'`;

/** From so many sessions on, an empty database is filled without its index of words. */
const LARGE_LOAD = 2000;

/** Takes in what the origin of one history sends. Each call is one transaction. */
export class HistoryIntake {
  readonly #copies: MessageCopies;
  /** Transactions are counted, so that there is one at a time. */
  readonly #turns = pLimit(1);

  private constructor(
    private readonly connection: PostgresConnection,
    /** The right to send the history. */
    readonly lease: ShipperLease,
    /** As {@link areRowsChecked} says of the role that sends. */
    private readonly areChecked: boolean,
  ) {
    this.#copies = new MessageCopies(lease.historyId);
  }

  /**
   * Makes a history known, or says what it is like now, to send it from then on.
   * @param hasEnded whether a process, as {@link ShipperIdentity.process} has it, is known to run no more.
   * @throws {DomainError} `store_unavailable`, also while another shipper sends it; then all later calls throw it, too
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
   * Says that the history is followed.
   * @returns whether somebody has accepted that sessions go that were held back.
   * @throws {DomainError} `store_unavailable`, where something that was taken in is not there any more
   */
  seen(fileBytes: number): Promise<boolean> {
    return this.#turns(() => this.lease.seen(fileBytes));
  }

  /** Makes sure of the same without saying anything. @returns and throws as {@link seen} does. */
  verify(): Promise<boolean> {
    return this.#turns(() => this.lease.verify());
  }

  /** What is known of the history before its file is compared with it. */
  comparisonState(): Promise<ComparisonState> {
    return this.connection.current((manager) => readComparisonState(manager, this.historyId));
  }

  /**
   * Remembers which sessions in all are held back. What was accepted is accepted no more once others are.
   * @param digest names them in one word.
   */
  hold(sessions: number, digest: string): Promise<void> {
    return this.#change(({ manager }) => holdSessions(manager, this.historyId, sessions, digest));
  }

  /**
   * Says that every session was compared, and that what differed has arrived.
   * @param file what was compared, unless sessions are held back: then the file stays the one that had them.
   */
  setCompared(file: KnownFile | undefined): Promise<void> {
    return this.#change(async ({ manager }) => {
      await manager.query('UPDATE histories SET compared_at = now() WHERE id = $1', [this.historyId]);
      if (file !== undefined) await releaseSessions(manager, this.historyId, file);
    });
  }

  /** How many sessions went lately, whoever sent the history then. */
  recentRemovals(): Promise<number> {
    return this.connection.current((manager) => countRemovals(manager, this.historyId));
  }

  /** How many sessions are here. */
  async count(): Promise<number> {
    const [{ sessions }] = await this.connection.current((manager) =>
      manager.query<[{ sessions: number }]>(
        `SELECT coalesce(CAST(sum(entries) AS bigint), 0) AS sessions FROM session_counts WHERE history_id = $1 AND kind = 'row'`,
        [this.historyId],
      ),
    );
    return sessions;
  }

  /** All sessions that are here, by their ids. */
  present(): Promise<ReadonlyMap<string, PresentSession>> {
    return this.connection.current((manager) => readPresent(manager, this.historyId));
  }

  /** The newest message of each of some sessions that has any. */
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

  /** What is here of some sessions, and which were deleted here, so that nothing of these is wanted. */
  known(ids: readonly string[]): Promise<KnownSessions> {
    return this.connection.current(async (manager) => ({
      present: await readPresent(manager, this.historyId, ids),
      buried: await readBuried(manager, this.historyId, ids),
    }));
  }

  /** Numbers for so many sessions that are not here yet. */
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

  /** How far a session has arrived. */
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

  /** State, size and time of the messages of a session that are here, by their ids. */
  async marks(sessionId: string): Promise<ReadonlyMap<number, StoredMark>> {
    const rows = await this.connection.current((manager) =>
      manager.query<StoredMark[]>(
        'SELECT id, state, bytes, "timestamp", place FROM messages WHERE history_id = $1 AND session_id = $2',
        [this.historyId, toStored(sessionId)],
      ),
    );
    return new Map(rows.map((mark) => [mark.id, mark]));
  }

  /** Everything that is here of some sessions, each in one word, by their ids. */
  digests(ids: readonly string[]): Promise<ReadonlyMap<string, StoredDigest>> {
    return this.connection.current((manager) => readDigests(manager, this.historyId, ids));
  }

  /** Messages as {@link put} wants them. */
  prepare(session: SessionName, messages: readonly IncomingMessage[]): CopiedRows {
    this.#copies.add(session, messages);
    return this.#copies.take();
  }

  /**
   * Takes in sessions with messages, and takes out those that are gone. Changes that wait for the origin stay as they are shown.
   * @param lost how many sessions go with it, or lose most of their messages; they are remembered for a while.
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
      const news = await newMessages(change, wanted, present);
      const { manager } = change;
      await new MessageRows(manager, this.historyId, this.#copies, this.areChecked).write(wanted);
      const pending = await pendingUpdates(
        change,
        wanted.map(({ session }) => session.id),
      );
      const written = wanted.map((upload) => overlaid(this.#toStored(upload), pending));
      await change.write({ written, messageIds: news });
      await this.#noteNewest(change, wanted);
      if (lost > 0) await noteRemovals(change.manager, this.historyId, lost);
    });
  }

  /** A file that has never had a message with so high an id is an older one. */
  async #noteNewest({ manager }: HistoryChange, uploads: readonly SessionUpload[]): Promise<void> {
    const newest = uploads
      .flatMap(({ messageIds }) => messageIds)
      .reduce((highest, id) => Math.max(highest, id), 0);
    await manager.query(
      'UPDATE histories SET newest_message_id = greatest(newest_message_id, $2) WHERE id = $1 AND newest_message_id IS DISTINCT FROM greatest(newest_message_id, $2)',
      [this.historyId, newest],
    );
  }

  /** Prepares for so many sessions that have to be taken in. */
  async expect(sessions: number): Promise<void> {
    if (sessions < LARGE_LOAD || (await this.#isLoaded())) return;
    // It is only faster without the index.
    await this.connection.transaction(leaveOutWordIndex).catch(() => undefined);
  }

  /** Says that everything has arrived that the history held. */
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

  /** Says that it is not known what happened at the origin: its file was replaced. */
  async reset(): Promise<void> {
    await this.#change((change) => {
      change.reset();
      return Promise.resolve();
    });
  }

  /** Says in the middle of which sessions somebody is, and for how many seconds more: the clocks of hosts are not alike. */
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

  /** The changes that wait for the origin, oldest first and some at a time. */
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

  /** The ids of the changes that wait for the origin by which a session gives up its title there. */
  titleGivers(sessionId: string): Promise<readonly number[]> {
    return this.connection.current((manager) =>
      titleGivers({ manager, historyId: this.historyId }, sessionId),
    );
  }

  /**
   * Says how the origin took some changes. What was asked for meanwhile in the same place goes on waiting.
   * @returns the sessions that have to be sent again, since they are shown as they were to be.
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

  /** Sessions that are not as their origin has them: children that were made roots when what they came from was deleted here. */
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
      // Worked out when the row is written.
      ...{ rootId: session.id, rootNumber: number, chainLength: 1, isEntry: false },
    };
  }
}

/** Words name a session by its number: those of another number would never be found again. */
function requireNumbers(
  uploads: readonly SessionUpload[],
  present: ReadonlyMap<string, PresentSession>,
): void {
  if (uploads.some(({ session, number }) => (present.get(session.id)?.number ?? number) !== number))
    throw new Error('A session has arrived by another way meanwhile.');
}

/** @param ids all sessions where it is left out. */
async function readPresent(
  manager: EntityManager,
  historyId: number,
  ids?: readonly string[],
): Promise<ReadonlyMap<string, PresentSession>> {
  const select =
    'SELECT id, fingerprint, number, stored_messages AS messages FROM sessions WHERE history_id = $1';
  const rows = await manager.query<(PresentSession & { readonly id: string })[]>(
    // Whoever asked with one condition for both would have all of them read each time.
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

/** A row as it is shown: with the changes that its origin has not made yet. */
function overlaid(session: StoredSession, pending: readonly PendingCommand[]): StoredSession {
  let shown = session;
  for (const { sessionId, changes, flagged, untitled } of pending) {
    if (untitled.includes(session.id)) shown = { ...shown, ...titleFields(null) };
    if (sessionId === session.id && changes.title !== undefined)
      shown = { ...shown, ...titleFields(changes.title) };
    // The first end of a session is the one that counts.
    if (sessionId === session.id && changes.endReason !== undefined && shown.endedAt === null)
      shown = { ...shown, endedAt: changes.endedAt ?? null, endReason: changes.endReason };
    if (flagged.includes(session.id)) shown = { ...shown, ...flagFields(changes, shown) };
  }
  return shown;
}
