import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { requireUsableLayout } from '../connection/migrations.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import type { HistoryEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';
import { requireOwnOrigin } from '../hosts/host-roles.js';
import { toStored } from '../schema/stored-text.js';
import { IS_STILL_ACCEPTED } from './held-sessions.js';

/** How long a shipper that is not heard of keeps others from its history, in seconds. */
const LEASE_SECONDS = 30;

/** By the clock of the database, so that no clock of a host matters; not that of the transaction, which may have waited for the lock. */
const UNTIL = `clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`;

/** Who sends a history. */
export interface ShipperIdentity {
  /** Another one for each shipper of each process. */
  readonly id: string;
  /** Host and process, for people. */
  readonly name: string;
  /** How another process of the same machine can tell whether this one still runs; null where none can. */
  readonly process: string | null;
}

/** What an origin says of a history. */
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

/** Who has a history when it is asked for. */
interface Holder {
  readonly id: number;
  readonly shipper_id: string | null;
  readonly shipper_name: string | null;
  readonly shipper_process: string | null;
  readonly is_heard_of: boolean;
}

/**
 * The right to send a history, which one shipper has at a time. Each transaction in which something is taken in makes sure of it under the
 * lock of the history, and counts itself there. So a shipper that lost the history to another one writes nothing, and one whose
 * transactions were lost, because the database crashed, was restored, or is another server by now, notices before the next one.
 */
export class ShipperLease {
  private constructor(
    private readonly connection: PostgresConnection,
    readonly historyId: number,
    private readonly registration: HistoryRegistration,
    private readonly shipper: ShipperIdentity,
    /** Transactions that were committed, as far as this shipper was told. */
    private sentCount: number,
  ) {}

  /**
   * Makes a history known, or says what it is like now, and takes the right to send it.
   * @param hasEnded whether a process, as {@link ShipperIdentity.process} has it, is known to run no more.
   * @throws {DomainError} `store_unavailable`, with both names, while another shipper has it, or where its role is another host's
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

  /** @throws {DomainError} `store_unavailable`, where another shipper has the history, or something that was sent is not there. */
  check({ shipperId, shipperName, sentCount }: HeldLease): void {
    if (shipperId !== null && shipperId !== this.shipper.id)
      throw takenBy(shipperName, this.registration, this.shipper);
    if (shipperId === null || sentCount !== this.sentCount) throw somethingLost();
  }

  /** Counts a transaction within itself. @returns what has to be called once it is committed. */
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

  /** Says that this shipper is there, whatever it is busy with; may be called while something is being taken in. */
  async renew(): Promise<void> {
    await this.connection.transaction((manager) =>
      manager.query(`UPDATE histories SET shipper_until = ${UNTIL} WHERE id = $1 AND shipper_id = $2`, [
        this.historyId,
        this.shipper.id,
      ]),
    );
  }

  /**
   * Says that the history is followed, while nothing is being taken in.
   * @returns whether somebody has accepted that sessions go that were held back.
   * @throws {DomainError} as {@link check}
   */
  async seen(fileBytes: number): Promise<boolean> {
    return this.connection.transaction(async (manager) => {
      // A newer version may come while this one runs.
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
   * Makes sure that everything that was sent is there, while nothing is being taken in. @returns as {@link seen}.
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

  /** Gives the history to whoever comes next. */
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

/** The row of a history, which is locked, and made where there is none. */
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
  // The time is asked for once the lock is held.
  const [{ is_heard_of }] = await manager.query<[Pick<Holder, 'is_heard_of'>]>(
    'SELECT coalesce(shipper_until > clock_timestamp(), false) AS is_heard_of FROM histories WHERE id = $1',
    [holder.id],
  );
  return { ...holder, is_heard_of };
}

/**
 * Of what was never compared, or belongs to a host that was taken away and is back, it is not known whether all has arrived.
 * @returns how often something was taken in.
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
      ...[historyId, history.isDefault, history.schemaVersion],
      ...[history.canArchive, history.canPin, history.canDelete, history.canChange, history.fileBytes],
      ...[shipper.id, toStored(shipper.name), shipper.process],
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
