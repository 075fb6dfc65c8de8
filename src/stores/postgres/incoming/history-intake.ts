import type { EntityManager } from 'typeorm';
import { finishLoad } from '../connection/migrations.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { toStoreError } from '../connection/postgres-failure.js';
import { pendingCommands } from '../commands/command-queue.js';
import type { CommandEntity, HistoryEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import { MESSAGE_STATE } from '../schema/message-state.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import { leaveOutWordIndex } from '../search/word-index.js';
import type { StoredSession } from '../write/derivation.js';
import type { HistoryChange } from '../write/history-change.js';
import { HistoryWrites } from '../write/history-writes.js';
import { removeSessions } from '../write/session-deletion.js';
import { flagFields, titleFields } from '../write/session-update.js';
import { MessageCopies, type SessionName } from './copied-messages.js';
import { MessageRows } from './message-rows.js';
import type { CopiedRows, IncomingMessage, SessionUpload } from './upload.js';

/** What an origin says of a history. */
export type HistoryRegistration = Pick<
  RowOf<HistoryEntity>,
  'origin' | 'profile' | 'isDefault' | 'schemaVersion' | 'canArchive' | 'canPin' | 'canDelete' | 'fileBytes'
>;

/** A change that waits for its origin. */
export type PendingCommand = RowOf<CommandEntity>;

/** How the origin took a change. */
export interface CommandOutcome {
  readonly state: 'applied' | 'superseded' | 'refused';
  /** Why it was refused: a code of the API. */
  readonly reason?: string;
}

/** A change, and how the origin took it. */
export interface ExecutedCommand {
  readonly command: PendingCommand;
  readonly outcome: CommandOutcome;
}

/** What is here of some sessions. */
export interface KnownSessions {
  /** Those that are here, by their ids. */
  readonly present: ReadonlyMap<string, PresentSession>;
  readonly buried: ReadonlySet<string>;
}

/** What is here of a session. */
interface PresentSession {
  /** Empty where not all of it has arrived. */
  readonly fingerprint: string;
  readonly number: number;
}

/** How far a session has arrived. */
export interface SessionExtent {
  readonly messages: number;
  /** Of these the ones that are not active. */
  readonly inactive: number;
  /** 0 where there is none. */
  readonly newestId: number;
  readonly bytes: number;
}

/** What is taken in is at its origin as well: a crash of the database loses nothing, so that no commit waits for its disk. */
const TAKING_IN = 'SET LOCAL synchronous_commit = off';

/** While a history arrives, words are added to their index in large portions, which takes half of the time. */
const FIRST_LOAD = `${TAKING_IN}; SET LOCAL gin_pending_list_limit = '64MB'; SET LOCAL work_mem = '128MB'`;

/** From so many sessions on, an empty database is filled without its index of words. */
const LARGE_LOAD = 2000;

/** Takes in what the origin of one history sends. Each call is one transaction. */
export class HistoryIntake {
  readonly #writes: HistoryWrites;
  readonly #copies: MessageCopies;

  private constructor(
    private readonly connection: PostgresConnection,
    readonly historyId: number,
  ) {
    this.#writes = new HistoryWrites(connection);
    this.#copies = new MessageCopies(historyId);
  }

  /** Makes a history known, or says what it is like now. */
  static async open(connection: PostgresConnection, history: HistoryRegistration): Promise<HistoryIntake> {
    const [row] = await connection.transaction((manager) =>
      manager.query<[{ id: number }]>(
        `WITH known AS (INSERT INTO histories AS h (origin, profile, is_default, schema_version, can_archive, can_pin, can_delete, file_bytes, seen_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())
          ON CONFLICT (origin, profile) DO UPDATE SET is_default = EXCLUDED.is_default, schema_version = EXCLUDED.schema_version,
            can_archive = EXCLUDED.can_archive, can_pin = EXCLUDED.can_pin, can_delete = EXCLUDED.can_delete,
            file_bytes = EXCLUDED.file_bytes, seen_at = now(), version = h.version + 1 RETURNING id) SELECT id FROM known`,
        [
          ...[toStored(history.origin), toStored(history.profile), history.isDefault, history.schemaVersion],
          ...[history.canArchive, history.canPin, history.canDelete, history.fileBytes],
        ],
      ),
    );
    return new HistoryIntake(connection, row.id);
  }

  /** Says that the origin is there. */
  async seen(fileBytes: number): Promise<void> {
    await this.connection.transaction((manager) =>
      manager.query('UPDATE histories SET seen_at = now(), file_bytes = $2 WHERE id = $1', [
        this.historyId,
        fileBytes,
      ]),
    );
  }

  /** The fingerprints of all sessions that are here, by their ids. */
  async fingerprints(): Promise<ReadonlyMap<string, string>> {
    const present = await this.connection.current((manager) => readPresent(manager, this.historyId));
    return new Map([...present].map(([id, { fingerprint }]) => [id, fingerprint]));
  }

  /** What is here of some sessions, and which were deleted here, so that nothing of them is wanted. */
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
            count(*) FILTER (WHERE m.state & ${MESSAGE_STATE.active} = 0) AS inactive,
            (SELECT stored_bytes FROM sessions WHERE history_id = $1 AND id = $2) AS bytes
          FROM messages m WHERE m.history_id = $1 AND m.session_id = $2`,
        [this.historyId, toStored(sessionId)],
      ),
    );
    return row;
  }

  /** State and size of the messages of a session that are here, by their ids. */
  async marks(
    sessionId: string,
  ): Promise<ReadonlyMap<number, { readonly state: number; readonly bytes: number }>> {
    const rows = await this.connection.current((manager) =>
      manager.query<{ id: number; state: number; bytes: number }[]>(
        'SELECT id, state, bytes FROM messages WHERE history_id = $1 AND session_id = $2',
        [this.historyId, toStored(sessionId)],
      ),
    );
    return new Map(rows.map(({ id, state, bytes }) => [id, { state, bytes }]));
  }

  /** Messages as {@link put} wants them. */
  prepare(session: SessionName, messages: readonly IncomingMessage[]): CopiedRows {
    this.#copies.add(session, messages);
    return this.#copies.take();
  }

  /** Takes in sessions with messages, and takes out those that are gone. Changes that wait for the origin stay as they are shown. */
  async put(uploads: readonly SessionUpload[], gone: readonly string[]): Promise<void> {
    await this.#change(async (change) => {
      const ids = uploads.map(({ session }) => session.id);
      const buried = await readBuried(change.manager, this.historyId, ids);
      const wanted = uploads.filter(({ session }) => !buried.has(session.id));
      requireNumbers(wanted, await readPresent(change.manager, this.historyId, ids));
      await removeSessions(change, gone);
      await new MessageRows(change.manager, this.historyId, this.#copies).write(wanted);
      const pending = await pendingCommands(change);
      const written = wanted.map((upload) => overlaid(this.#toStored(upload), pending));
      const added = wanted.filter(({ way }) => way.kind !== 'rewritten');
      await change.write({
        written,
        messageIds: new Map(added.map(({ session, messageIds }) => [session.id, messageIds])),
      });
    });
  }

  /** Prepares for so many sessions that have to be taken in. */
  async expect(sessions: number): Promise<void> {
    if (sessions < LARGE_LOAD || (await this.#isLoaded())) return;
    // It is only faster without the index.
    await this.connection.transaction(leaveOutWordIndex).catch(() => undefined);
  }

  /** Says that everything has arrived that the history held. */
  async setLoaded(): Promise<void> {
    if (await this.#isLoaded()) return;
    await finishLoad(this.connection.location).catch((error: unknown) => {
      throw toStoreError(error);
    });
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

  /** Says who is in the middle of what, and until when. */
  async setLeases(leases: ReadonlyMap<string, number>): Promise<void> {
    await this.connection.transaction(async (manager) => {
      await manager.query('DELETE FROM leases WHERE history_id = $1 AND NOT session_id = ANY($2)', [
        this.historyId,
        [...leases.keys()].map(toStored),
      ]);
      await manager.query(
        `INSERT INTO leases (history_id, session_id, expires_at) SELECT $1, unnest($2::text[]), unnest($3::double precision[])
          ON CONFLICT (history_id, session_id) DO UPDATE SET expires_at = EXCLUDED.expires_at`,
        [this.historyId, [...leases.keys()].map(toStored), [...leases.values()]],
      );
    });
  }

  /** The changes that wait for the origin, oldest first. */
  pending(): Promise<readonly PendingCommand[]> {
    return this.connection.current((manager) => pendingCommands({ manager, historyId: this.historyId }));
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
      for (const { command, outcome } of executed) await confirmOne(change, command, outcome);
      await change.manager.query(
        `UPDATE sessions SET fingerprint = '' WHERE history_id = $1 AND id = ANY($2)`,
        [this.historyId, affected.map(toStored)],
      );
    });
    return affected;
  }

  #change<T>(work: (change: HistoryChange) => Promise<T>): Promise<T> {
    return this.#writes.change(this.historyId, async (change) => {
      await change.manager.query(change.history.isLoaded ? TAKING_IN : FIRST_LOAD);
      return work(change);
    });
  }

  #toStored({ session, number }: SessionUpload): StoredSession {
    return {
      ...session,
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
  const select = 'SELECT id, fingerprint, number FROM sessions WHERE history_id = $1';
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
): Promise<ReadonlySet<string>> {
  const rows = await manager.query<{ session_id: string }[]>(
    'SELECT session_id FROM tombstones WHERE history_id = $1 AND session_id = ANY($2)',
    [historyId, ids.map(toStored)],
  );
  return new Set(rows.map(({ session_id: id }) => fromStored(id)));
}

/** A row as it is shown: with the changes that its origin has not made yet. */
function overlaid(session: StoredSession, pending: readonly PendingCommand[]): StoredSession {
  let shown = session;
  for (const { sessionId, changes, flagged, untitled } of pending) {
    if (untitled.includes(session.id)) shown = { ...shown, ...titleFields(null) };
    if (sessionId === session.id && changes.title !== undefined)
      shown = { ...shown, ...titleFields(changes.title) };
    if (flagged.includes(session.id)) shown = { ...shown, ...flagFields(changes) };
  }
  return shown;
}

async function confirmOne(
  { manager }: HistoryChange,
  { id, changes }: PendingCommand,
  { state, reason }: CommandOutcome,
): Promise<void> {
  const [, confirmed] = await manager.query<[unknown[], number]>(
    `UPDATE commands SET state = $2, reason = $3, ended_at = now()
      WHERE id = $1 AND state = 'pending' AND changes = $4::jsonb`,
    [id, state, reason ?? null, JSON.stringify(changes)],
  );
  if (confirmed > 0 || changes.title === undefined) return;
  // It was changed again meanwhile: the origin's title is by now the one that it was given.
  const title = changes.title === null ? null : toStored(changes.title);
  await manager.query(`UPDATE commands SET base_title = $2 WHERE id = $1 AND state = 'pending'`, [id, title]);
}
