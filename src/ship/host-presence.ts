import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { isSendableId } from './to-upload.js';

/** How often the database hears that a history is there, and who is in the middle of what; milliseconds. */
export const HEARTBEAT = 5000;
export const LEASE_INTERVAL = 1000;

/** What was heard from the database while it was told that the host is there. */
export interface Heard {
  /** Whether it was told that the history is followed, which happens now and then. */
  readonly isHeartbeat: boolean;
  /** Whether somebody has accepted that sessions go that were held back. */
  readonly isLossAccepted: boolean;
}

/** Tells the database that a host is there and who is in the middle of what, and hears whether all that was sent is still there. */
export class HostPresence {
  #leases = '';
  #areLeasesDue = true;
  #lastLeases = 0;
  /** Whether somebody waits to hear that nothing was lost, or may have accepted that something is. */
  #isCheckDue = false;
  #lastHeartbeat = 0;

  constructor(private readonly outgoing: OutgoingHistory) {}

  /** Whether something is to be told, or asked, at once. */
  get isDue(): boolean {
    return this.#areLeasesDue || this.#isCheckDue;
  }

  /** Something of the file is another. */
  noteChange(): void {
    this.#areLeasesDue = true;
  }

  /** Has the database asked whether all is there that was sent. */
  askForCheck(): void {
    this.#isCheckDue = true;
  }

  /** Nothing that was told is relied on any more. */
  beginAnew(): void {
    this.#leases = '';
    this.#areLeasesDue = true;
  }

  /** @throws {DomainError} `store_unavailable`, where something that was sent is not there any more */
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
    const clock = Date.now() / 1000;
    const held = await this.outgoing.leases(clock);
    // What is not sent is nothing that somebody could be in the middle of there.
    const leases = new Map([...held].filter(([id]) => isSendableId(id)));
    const told = JSON.stringify([...leases]);
    if (told !== this.#leases)
      await intake.setLeases(new Map([...leases].map(([id, until]) => [id, until - clock])));
    this.#leases = told;
  }
}
