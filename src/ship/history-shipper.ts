import { Logger } from '@nestjs/common';
import { ApiError } from '../http/errors.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { CommandExecutor } from './command-executor.js';
import { LoadingThreads } from './loading-threads.js';
import type { Pace } from './pace.js';
import { SessionUploads, type Shipment } from './session-uploads.js';

/** Sessions that are looked at in one go: at its end nothing is read ahead, so that it is long. */
const AT_ONCE = 10_000;

/** How long it is waited after something failed before it is tried again, in milliseconds; twice as long each time, up to the second. */
const REST = { least: 200, most: 10_000 } as const;

/** How often the database hears that a history is there, and who is in the middle of what; milliseconds. */
const HEARTBEAT = 5000;
const LEASE_INTERVAL = 1000;

/** What becomes of a history while it is sent. */
export interface ShippingObserver {
  /** Sessions and messages that were sent, of how many sessions that had to be. */
  progress(
    profile: string,
    sent: { readonly sessions: number; readonly messages: number; readonly left: number },
  ): void;
  /** Everything that the history held has been sent. */
  loaded(profile: string): void;
}

/**
 * Sends one history to the database, follows it, and makes the changes in it that were made there. What is sent and where it stopped
 * are one transaction, so that it goes on from there whichever side was away.
 */
export class HistoryShipper {
  readonly #logger = new Logger(HistoryShipper.name);
  /** Sessions to look at, oldest first. */
  readonly #due = new Set<string>();
  #isComparisonDue = true;
  /** Whether the file is another one than before. */
  #isReplaced = false;
  #hasCommands = true;
  #isStopped = false;
  #rest: number = REST.least;
  #wake: (() => void) | undefined;
  #working: Promise<void> | undefined;
  /** Who waits for what is due, and of those whose turn has come. */
  readonly #settling: (() => void)[] = [];
  readonly #waited: (() => void)[] = [];
  #leases = '';
  #areLeasesDue = true;
  #lastLeases = 0;
  #lastHeartbeat = 0;
  #sent = { sessions: 0, messages: 0 };
  #left = 0;

  constructor(
    private readonly profile: HermesProfile,
    private readonly origin: string,
    private readonly isDefault: boolean,
    private readonly connection: PostgresConnection,
    private readonly pace: Pace,
    private readonly observer: ShippingObserver,
  ) {}

  #intake: HistoryIntake | undefined;
  #loading: LoadingThreads | undefined;

  /** The number of the history in the database; undefined before it was reached. */
  get historyId(): number | undefined {
    return this.#intake?.historyId;
  }

  /** Begins to send, and goes on until {@link stop}. */
  start(): void {
    this.#working ??= this.#workUntilStopped();
  }

  /** Ends with the transaction that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.profile.outgoing.feed.stop();
    this.#wake?.();
    await this.#working;
    await this.#loading?.end();
  }

  /** Says that changes wait in the database. */
  wakeForCommands(): void {
    this.#hasCommands = true;
    this.#wake?.();
  }

  /**
   * Sends everything there is now, and makes the changes that wait.
   * @throws {ApiError} where the file or the database cannot be reached
   */
  async sendAll(): Promise<void> {
    const intake = await this.#open();
    do {
      // A change that was made at the host just now is news from the host.
      await this.profile.outgoing.feed.look();
      await this.#sendDue(intake);
    } while (await this.#execute(intake));
    await this.#tellState(intake);
  }

  /** Waits until everything that is committed now, on either side, has reached the other. */
  async settled(): Promise<void> {
    await this.profile.outgoing.feed.look();
    this.#hasCommands = true;
    await new Promise<void>((resolve) => {
      this.#settling.push(resolve);
      this.#wake?.();
    });
  }

  async #workUntilStopped(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const intake = await this.#open();
        // Whoever waits from now on waits for what is due from now on.
        this.#waited.push(...this.#settling.splice(0));
        // A change that is made at the host now is news from the host.
        if (this.#hasCommands && (await this.#execute(intake))) await this.profile.outgoing.feed.look();
        await this.#sendDue(intake);
        await this.#tellState(intake);
        this.#rest = REST.least;
        for (const resolve of this.#waited.splice(0)) resolve();
        if (!this.#isBusy) await this.#wait(LEASE_INTERVAL);
      } catch (error) {
        this.#report(error);
        await this.#wait(this.#rest);
        this.#rest = Math.min(2 * this.#rest, REST.most);
      }
    }
  }

  get #isBusy(): boolean {
    if (this.#due.size > 0 || this.#settling.length > 0) return true;
    return this.#isComparisonDue || this.#hasCommands || this.#areLeasesDue;
  }

  async #open(): Promise<HistoryIntake> {
    if (this.#intake !== undefined) return this.#intake;
    const description = await this.profile.outgoing.describe();
    const { origin, isDefault, profile } = this;
    const intake = await HistoryIntake.open(this.connection, {
      ...{ origin, profile: profile.name, isDefault },
      ...description,
    });
    // From here on every change is named, so that the comparison that follows misses none.
    await profile.outgoing.feed.start((ids) => {
      this.#note(ids);
    });
    this.#intake = intake;
    return intake;
  }

  #note(ids: readonly string[] | undefined): void {
    this.#areLeasesDue = true;
    if (ids === undefined) this.#isComparisonDue = this.#isReplaced = true;
    for (const id of ids ?? []) this.#due.add(id);
    this.#wake?.();
  }

  async #sendDue(intake: HistoryIntake): Promise<void> {
    const isWhole = this.#isComparisonDue;
    if (isWhole) await this.#compare(intake);
    const due = [...this.#due];
    this.#left = due.length;
    if (isWhole) await intake.expect(due.length);
    for (let at = 0; at < due.length && !this.#isStopped; at += AT_ONCE) {
      const some = due.slice(at, at + AT_ONCE);
      for (const id of some) this.#due.delete(id);
      try {
        await this.#send(intake, some);
      } catch (error) {
        for (const id of some) this.#due.add(id);
        throw error;
      }
    }
    if (!isWhole || this.#isStopped) return;
    await intake.setLoaded();
    if (this.#isReplaced) await intake.reset();
    this.#isReplaced = false;
    this.observer.loaded(this.profile.name);
  }

  /** While one piece is taken in, the next one is read. */
  async #send(intake: HistoryIntake, ids: readonly string[]): Promise<void> {
    this.#loading ??= new LoadingThreads(this.profile.outgoing, intake.historyId);
    const uploads = new SessionUploads(this.profile.outgoing, intake, this.#loading, (id) => {
      this.#logger.warn(
        `A session of ${this.profile.name} cannot be sent: its id is too long (${id.slice(0, 40)}…)`,
      );
    });
    let taking: Promise<void> = Promise.resolve();
    for await (const shipment of uploads.shipments(ids)) {
      await taking;
      taking = this.#put(intake, shipment);
      // A failure is met by the next await; until then nobody else hears of it.
      taking.catch(() => undefined);
      await this.pace.after(shipment.messages);
    }
    await taking;
  }

  async #put(intake: HistoryIntake, { uploads, gone, messages }: Shipment): Promise<void> {
    await intake.put(uploads, gone);
    // One that comes in several pieces has arrived with the last of them.
    const arrived = uploads.filter(({ session }) => session.fingerprint !== '').length + gone.length;
    this.#sent = { sessions: this.#sent.sessions + arrived, messages: this.#sent.messages + messages };
    this.#left = Math.max(0, this.#left - arrived);
    this.observer.progress(this.profile.name, { ...this.#sent, left: this.#left });
  }

  /** Finds what differs between the file and the database, whatever happened while nobody looked. */
  async #compare(intake: HistoryIntake): Promise<void> {
    this.#isComparisonDue = false;
    try {
      const there = await intake.fingerprints();
      const here = new Set<string>();
      for await (const slice of this.profile.outgoing.fingerprints()) {
        for (const { id, fingerprint } of slice) {
          here.add(id);
          if (there.get(id) !== fingerprint) this.#due.add(id);
        }
      }
      for (const id of there.keys()) if (!here.has(id)) this.#due.add(id);
    } catch (error) {
      this.#isComparisonDue = true;
      throw error;
    }
  }

  /** @returns whether any change was made. */
  async #execute(intake: HistoryIntake): Promise<boolean> {
    this.#hasCommands = false;
    const pending = await intake.pending();
    if (pending.length === 0) return false;
    const executed = await new CommandExecutor(this.profile).execute(pending);
    for (const id of await intake.confirm(executed)) this.#due.add(id);
    for (const { command, outcome } of executed) {
      if (outcome.state === 'applied') continue;
      const why = outcome.reason ?? 'it was renamed at the host, too';
      this.#logger.warn(
        `A ${command.kind} of ${command.sessionId} was not made in ${this.profile.name}: ${why}`,
      );
    }
    return executed.length > 0;
  }

  async #tellState(intake: HistoryIntake): Promise<void> {
    const now = performance.now();
    if (this.#areLeasesDue || now - this.#lastLeases >= LEASE_INTERVAL) {
      this.#areLeasesDue = false;
      this.#lastLeases = now;
      const leases = await this.profile.outgoing.leases(Date.now() / 1000);
      const told = JSON.stringify([...leases]);
      if (told !== this.#leases) await intake.setLeases(leases);
      this.#leases = told;
    }
    if (now - this.#lastHeartbeat < HEARTBEAT) return;
    this.#lastHeartbeat = now;
    // What waits because an agent was in the middle of a session is tried again.
    this.#hasCommands = true;
    const { fileBytes } = await this.profile.outgoing.describe();
    await intake.seen(fileBytes);
  }

  #wait(most: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, most);
      this.#wake = done;
      if (this.#isStopped) done();
    });
  }

  #report(error: unknown): void {
    const text = error instanceof ApiError ? error.message : String(error);
    this.#logger.warn(`${this.profile.name} is not sent at the moment: ${text}`);
  }
}
