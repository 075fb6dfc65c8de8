import { epochSeconds } from '../domain/instant.js';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { isSendableId } from './to-upload.js';

/** How often the heartbeat and the sessions in use are reported to the database, in milliseconds. */
export const HEARTBEAT = 5000;
export const LEASE_INTERVAL = 1000;

/** What the report to the database revealed. */
export interface Heard {
  /** Whether a heartbeat was due and sent. */
  readonly isHeartbeat: boolean;
  /** Whether somebody has accepted the removal of held-back sessions. */
  readonly isLossAccepted: boolean;
}

/** Reports to the database that a host is present and which sessions are in use, and checks that everything sent is still stored. */
export class HostPresence {
  #leases = '';
  #areLeasesDue = true;
  #lastLeases = 0;
  /** Whether to check now that nothing was lost, and whether a loss was accepted. */
  #isCheckDue = false;
  #lastHeartbeat = 0;

  constructor(private readonly outgoing: OutgoingHistory) {}

  /** Whether something is to be reported or checked at once. */
  get isDue(): boolean {
    return this.#areLeasesDue || this.#isCheckDue;
  }

  /** Tells that the file has changed. */
  noteChange(): void {
    this.#areLeasesDue = true;
  }

  /** Requests a check that everything sent is still stored. */
  askForCheck(): void {
    this.#isCheckDue = true;
  }

  /** Forgets what was reported, so that it is reported again. */
  beginAnew(): void {
    this.#leases = '';
    this.#areLeasesDue = true;
  }

  /** @throws {DomainError} `store_unavailable` if data that was sent is missing */
  async tell(intake: HistoryIntake): Promise<Heard> {
    const now = performance.now();
    if (this.#areLeasesDue || now - this.#lastLeases >= LEASE_INTERVAL) await this.#tellLeases(intake, now);
    const isCheckDue = this.#isCheckDue;
    this.#isCheckDue = false;
    if (now - this.#lastHeartbeat < HEARTBEAT)
      return { isHeartbeat: false, isLossAccepted: isCheckDue && (await intake.verify()) };
    this.#lastHeartbeat = now;
    const { fileBytes } = await this.outgoing.describe();
    return { isHeartbeat: true, isLossAccepted: await intake.seen(fileBytes) };
  }

  async #tellLeases(intake: HistoryIntake, now: number): Promise<void> {
    this.#areLeasesDue = false;
    this.#lastLeases = now;
    const clock = epochSeconds();
    const held = await this.outgoing.leases(clock);
    // Sessions that cannot be sent cannot be in use in the database.
    const leases = new Map([...held].filter(([id]) => isSendableId(id)));
    const told = JSON.stringify([...leases]);
    if (told !== this.#leases)
      await intake.setLeases(new Map([...leases].map(([id, until]) => [id, until - clock])));
    this.#leases = told;
  }
}
