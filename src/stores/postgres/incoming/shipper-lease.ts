import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { requireUsableLayout } from '../connection/migrations.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import type { HistoryEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import { requireOwnOrigin } from '../hosts/host-roles.js';
import { toStored } from '../schema/stored-text.js';
import { IS_STILL_ACCEPTED } from './held-sessions.js';

/** How long a silent shipper keeps others from its history, in seconds. */
const LEASE_SECONDS = 30;

/**
 * Uses the database's clock, so that the hosts' clocks do not matter. Not the transaction's time, which is older after a wait for the
 * lock.
 */
const UNTIL = `clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`;

/** Who sends a history. */
export interface ShipperIdentity {
  /** Unique for each shipper of each process. */
  readonly id: string;
  /** Host and process, for people to read. */
  readonly name: string;
  /** Lets another process on the same machine tell whether this one still runs; null if it cannot. */
  readonly process: string | null;
}

/** What an origin registers of a history. */
export type HistoryRegistration = Pick<
  RowOf<HistoryEntity>,
  | 'origin'
  | 'profile'
  | 'isDefault'
  | 'schemaVersion'
  | 'canArchive'
  | 'canPin'
  | 'canDelete'
  | 'canChange'
  | 'fileBytes'
>;

type HeldLease = Pick<RowOf<HistoryEntity>, 'shipperId' | 'shipperName' | 'sentCount'>;

/** The current holder of a history. */
interface Holder {
  readonly id: number;
  readonly shipper_id: string | null;
  readonly shipper_name: string | null;
  readonly shipper_process: string | null;
  readonly is_heard_of: boolean;
}

/**
 * The right to send a history, held by one shipper at a time. Each transaction that takes something in checks the lease under the
 * history's lock, and increments the counter there. So a shipper that lost the lease writes nothing. A shipper whose transactions were
 * lost, because the database crashed, was restored, or was replaced by another server, notices before its next one.
 */
export class ShipperLease {
  private constructor(
    private readonly connection: PostgresConnection,
    readonly historyId: number,
    private readonly registration: HistoryRegistration,
    private readonly shipper: ShipperIdentity,
    /** How many transactions were committed, as far as this shipper knows. */
    private sentCount: number,
  ) {}

  /**
   * Registers a history, or updates its registration, and takes the lease.
   * @param hasEnded whether a process, given as in {@link ShipperIdentity.process}, is known to have ended.
   * @throws {DomainError} `store_unavailable`, with both names, while another shipper holds the lease; also if the role belongs to
   *   another host
   */
  static async take(
    connection: PostgresConnection,
    registration: HistoryRegistration,
    shipper: ShipperIdentity,
    hasEnded: (process: string) => boolean,
  ): Promise<ShipperLease> {
    const { historyId, sentCount } = await connection.transaction(async (manager) => {
      await requireUsableLayout(manager);
      await requireOwnOrigin(manager, registration.origin);
      const holder = await lockHistory(manager, registration);
      const { shipper_id: id, shipper_process: process } = holder;
      const isFree = id === null || id === shipper.id || !holder.is_heard_of;
      if (!isFree && (process === null || !hasEnded(process)))
        throw takenBy(holder.shipper_name, registration, shipper);
      return { historyId: holder.id, sentCount: await register(manager, holder.id, registration, shipper) };
    });
    return new ShipperLease(connection, historyId, registration, shipper, sentCount);
  }

  /** @throws {DomainError} `store_unavailable` if another shipper holds the lease, or data that was sent is missing. */
  check({ shipperId, shipperName, sentCount }: HeldLease): void {
    if (shipperId !== null && shipperId !== this.shipper.id)
      throw takenBy(shipperName, this.registration, this.shipper);
    if (shipperId === null || sentCount !== this.sentCount) throw somethingLost();
  }

  /** Counts a transaction, within it. @returns a function to call after the commit. */
  async count(manager: EntityManager): Promise<() => void> {
    const next = this.sentCount + 1;
    await manager.query(`UPDATE histories SET sent_count = $2, shipper_until = ${UNTIL} WHERE id = $1`, [
      this.historyId,
      next,
    ]);
    return () => {
      this.sentCount = next;
    };
  }

  /** Extends the lease while the shipper is busy; may be called while something is being taken in. */
  async renew(): Promise<void> {
    await this.connection.transaction((manager) =>
      manager.query(`UPDATE histories SET shipper_until = ${UNTIL} WHERE id = $1 AND shipper_id = $2`, [
        this.historyId,
        this.shipper.id,
      ]),
    );
  }

  /**
   * Records that the history is being followed, while nothing is being taken in.
   * @returns whether somebody has accepted the removal of the held-back sessions.
   * @throws {DomainError} as {@link check}
   */
  async seen(fileBytes: number): Promise<boolean> {
    return this.connection.transaction(async (manager) => {
      // A newer version may migrate the layout while this process runs.
      await requireUsableLayout(manager);
      await manager.query(
        `UPDATE histories SET seen_at = now(), file_bytes = $2, shipper_until = ${UNTIL}
          WHERE id = $1 AND shipper_id = $3 AND sent_count = $4`,
        [this.historyId, fileBytes, this.shipper.id, this.sentCount],
      );
      return this.#verified(manager);
    });
  }

  /**
   * Checks that everything that was sent is stored, while nothing is being taken in. @returns as {@link seen}.
   * @throws {DomainError} as {@link check}
   */
  async verify(): Promise<boolean> {
    return this.connection.current((manager) => this.#verified(manager));
  }

  async #verified(manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<(HeldLease & { readonly isAccepted: boolean })[]>(
      `SELECT shipper_id AS "shipperId", shipper_name AS "shipperName", sent_count AS "sentCount",
          coalesce(${IS_STILL_ACCEPTED} AND accepted_sessions IS NOT NULL, false) AS "isAccepted"
        FROM histories WHERE id = $1`,
      [this.historyId],
    );
    if (row === undefined) throw somethingLost();
    this.check(row);
    return row.isAccepted;
  }

  /** Releases the lease for the next shipper. */
  async release(): Promise<void> {
    await this.connection.transaction((manager) =>
      manager.query(
        `UPDATE histories SET shipper_id = NULL, shipper_name = NULL, shipper_process = NULL, shipper_until = NULL
          WHERE id = $1 AND shipper_id = $2`,
        [this.historyId, this.shipper.id],
      ),
    );
  }
}

/** Inserts the row of a history if it is missing, and locks it. */
async function lockHistory(
  manager: EntityManager,
  { origin, profile, isDefault }: HistoryRegistration,
): Promise<Holder> {
  const name = [toStored(origin), toStored(profile)];
  await manager.query(
    `INSERT INTO histories (origin, profile, is_default, can_archive, can_pin, can_delete)
      SELECT $1, $2, $3, false, false, false WHERE NOT EXISTS (SELECT 1 FROM histories WHERE origin = $1 AND profile = $2)
      ON CONFLICT (origin, profile) DO NOTHING`,
    [...name, isDefault],
  );
  const [holder] = await manager.query<[Holder]>(
    'SELECT id, shipper_id, shipper_name, shipper_process, shipper_until FROM histories WHERE origin = $1 AND profile = $2 FOR UPDATE',
    name,
  );
  // Read the clock only once the lock is held.
  const [{ is_heard_of }] = await manager.query<[Pick<Holder, 'is_heard_of'>]>(
    'SELECT coalesce(shipper_until > clock_timestamp(), false) AS is_heard_of FROM histories WHERE id = $1',
    [holder.id],
  );
  return { ...holder, is_heard_of };
}

/**
 * Updates the registration and takes the lease. A history that was never compared, or whose host was removed and is back, counts as not
 * fully arrived.
 * @returns how many transactions were counted.
 */
async function register(
  manager: EntityManager,
  historyId: number,
  history: HistoryRegistration,
  shipper: ShipperIdentity,
): Promise<number> {
  const [{ sent_count: sentCount }] = await manager.query<[{ sent_count: number }]>(
    `WITH known AS (UPDATE histories SET is_default = $2, schema_version = $3, can_archive = $4, can_pin = $5, can_delete = $6,
        can_change = $7, file_bytes = $8, is_loaded = is_loaded AND compared_at IS NOT NULL, seen_at = now(), version = version + 1, sent_count = sent_count + 1,
        shipper_id = $9, shipper_name = $10, shipper_process = $11, shipper_until = ${UNTIL}
      WHERE id = $1 RETURNING sent_count) SELECT sent_count FROM known`,
    [
      historyId,
      history.isDefault,
      history.schemaVersion,
      history.canArchive,
      history.canPin,
      history.canDelete,
      history.canChange,
      history.fileBytes,
      shipper.id,
      toStored(shipper.name),
      shipper.process,
    ],
  );
  return sentCount;
}

function takenBy(
  holder: string | null,
  { origin, profile }: HistoryRegistration,
  shipper: ShipperIdentity,
): DomainError {
  return new DomainError('store_unavailable', {
    message: `The history ${profile} of ${origin} is sent by another shipper: ${holder ?? 'one without a name'}. This one is ${shipper.name}. If they run on different hosts, give each its own ORIGIN; otherwise stop one of them.`,
  });
}

function somethingLost(): DomainError {
  return new DomainError('store_unavailable', {
    message: 'The database has lost something that was sent to it, so that everything is compared.',
  });
}
