import { Logger } from '@nestjs/common';
import { ApiError } from '../http/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { HistoryIntake, type FileMark } from '../stores/postgres/incoming/history-intake.js';
import { CommandExecutor } from './command-executor.js';
import { findDifference } from './history-difference.js';
import { LoadingThreads } from './loading-threads.js';
import { LossGuard } from './loss-guard.js';
import type { Pace } from './pace.js';
import { SessionUploads, type Shipment } from './session-uploads.js';
import { hasEnded, newShipperIdentity } from './shipper-process.js';

/** Sessions that are looked at in one go: at its end nothing is read ahead, so that it is long. */
const AT_ONCE = 10_000;

/** How long it is waited after something failed before it is tried again, in milliseconds; twice as long each time, up to the second. */
const REST = { least: 200, most: 10_000 } as const;

/** How often the database hears that a history is there, and who is in the middle of what; milliseconds. */
const HEARTBEAT = 5000;
const LEASE_INTERVAL = 1000;

/** How often everything is compared although nothing broke, in milliseconds; more often while sessions are held back. */
const COMPARISON_INTERVAL = { usual: 3600_000, held: 300_000 } as const;

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
 * are one transaction, so that it goes on from there whichever side was away. After any failure it begins anew, with a comparison of
 * everything: what the database acknowledged before it crashed, was restored or gave way to another server may be gone.
 */
export class HistoryShipper {
  readonly #logger = new Logger(HistoryShipper.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #identity = newShipperIdentity();
  readonly #losses: LossGuard;
  /** Sessions to look at, oldest first. */
  readonly #due = new Set<string>();
  #isComparisonDue = true;
  #lastComparison = 0;
  /** Whether the file is another one than before. */
  #isReplaced = false;
  #hasCommands = true;
  #isStopped = false;
  /** Whether it waits after a failure, however much happens at the host. */
  #isResting = false;
  #rest: number = REST.least;
  #wake: (() => void) | undefined;
  #working: Promise<void> | undefined;
  /** Who waits for what is due, and of those whose turn has come. */
  readonly #settling: (() => void)[] = [];
  readonly #waited: (() => void)[] = [];
  #leases = '';
  #areLeasesDue = true;
  #lastLeases = 0;
  /** Whether somebody waits to hear that nothing was lost, or may have accepted that something is. */
  #isCheckDue = false;
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
  ) {
    this.#losses = new LossGuard(`${profile.name} of ${origin}`);
  }

  /** Undefined until the history is registered, and again after a failure. */
  #intake: HistoryIntake | undefined;
  /** The last one: the history is this shipper's until it is given back. */
  #registered: HistoryIntake | undefined;
  #isFed = false;
  #renewing: NodeJS.Timeout | undefined;
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
    clearInterval(this.#renewing);
    // Where the database is away the history is free after a while.
    await this.#registered?.release().catch(() => undefined);
  }

  /** Says that a connection broke, whoever's it was: with it something may have gone that was acknowledged. */
  reconnected(): void {
    this.#isComparisonDue = true;
    this.wakeForCommands();
  }

  /** Says that something waits in the database. */
  wakeForCommands(): void {
    this.#hasCommands = true;
    this.#isCheckDue = true;
    this.#wake?.();
  }

  /**
   * Sends everything there is now, and makes the changes that wait.
   * @throws {ApiError} where the file or the database cannot be reached
   */
  async sendAll(): Promise<void> {
    this.#isComparisonDue = true;
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
    await this.profile.outgoing.feed.lookAtAll();
    await new Promise<void>((resolve) => {
      this.#settling.push(resolve);
      this.wakeForCommands();
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
        this.#warning.end();
        if (this.#isComparisonDue) continue;
        for (const resolve of this.#waited.splice(0)) resolve();
        if (!this.#isBusy) await this.#wait(LEASE_INTERVAL);
      } catch (error) {
        this.#beginAnew();
        this.#report(error);
        this.#isResting = true;
        await this.#wait(this.#rest);
        this.#isResting = false;
        this.#rest = Math.min(2 * this.#rest, REST.most);
      }
    }
  }

  get #isBusy(): boolean {
    if (this.#due.size > 0 || this.#settling.length > 0) return true;
    return this.#isComparisonDue || this.#hasCommands || this.#areLeasesDue || this.#isCheckDue;
  }

  async #open(): Promise<HistoryIntake> {
    if (this.#intake !== undefined) return this.#intake;
    const { origin, isDefault, profile } = this;
    const description = await profile.outgoing.describe();
    const intake = await HistoryIntake.open(
      this.connection,
      { origin, profile: profile.name, isDefault, ...description },
      this.#identity,
      hasEnded,
    );
    this.#intake = this.#registered = intake;
    this.#renewing ??= setInterval(() => {
      // A failure is met by whatever is sent next.
      this.#intake?.renew().catch(() => undefined);
    }, HEARTBEAT).unref();
    // From here on every change is named, so that the comparison that follows misses none.
    if (!this.#isFed)
      await profile.outgoing.feed.start((ids) => {
        this.#note(ids);
      });
    this.#isFed = true;
    return intake;
  }

  /** What was sent may be gone, or never have arrived: nothing that was known of the database is relied on. */
  #beginAnew(): void {
    this.#intake = undefined;
    this.#isComparisonDue = true;
    this.#hasCommands = true;
    this.#leases = '';
    this.#areLeasesDue = true;
  }

  #note(ids: readonly string[] | undefined): void {
    this.#areLeasesDue = true;
    if (ids === undefined) this.#isComparisonDue = this.#isReplaced = true;
    for (const id of ids ?? []) this.#due.add(id);
    if (!this.#isResting) this.#wake?.();
  }

  async #sendDue(intake: HistoryIntake): Promise<void> {
    if (performance.now() - this.#lastComparison >= this.#comparisonInterval) this.#isComparisonDue = true;
    if (!this.#isComparisonDue) {
      await this.#sendSome(intake, [...this.#due], new Set());
      return;
    }
    const { file, removable } = await this.#compare(intake);
    const due = [...this.#due];
    await intake.expect(due.length);
    await this.#sendSome(intake, due, removable);
    if (this.#isStopped) return;
    await intake.setLoaded();
    const { newestMessageId } = await this.profile.outgoing.fileMark();
    await intake.setCompared(this.#losses.held === 0 ? { ...file, newestMessageId } : undefined);
    this.#lastComparison = performance.now();
    if (this.#isReplaced) await intake.reset();
    this.#isReplaced = false;
    this.observer.loaded(this.profile.name);
  }

  get #comparisonInterval(): number {
    return this.#losses.held > 0 ? COMPARISON_INTERVAL.held : COMPARISON_INTERVAL.usual;
  }

  /** @param removable sessions of which it is decided already that they go if the file has them no more. */
  async #sendSome(
    intake: HistoryIntake,
    due: readonly string[],
    removable: ReadonlySet<string>,
  ): Promise<void> {
    this.#left = due.length;
    for (let at = 0; at < due.length && !this.#isStopped; at += AT_ONCE) {
      const some = due.slice(at, at + AT_ONCE);
      for (const id of some) this.#due.delete(id);
      try {
        await this.#send(intake, some, removable);
      } catch (error) {
        for (const id of some) this.#due.add(id);
        throw error;
      }
    }
  }

  /** While one piece is taken in, the next one is read. */
  async #send(intake: HistoryIntake, ids: readonly string[], removable: ReadonlySet<string>): Promise<void> {
    const uploads = new SessionUploads(this.profile.outgoing, intake, await this.#threadsFor(intake), {
      skip: (id) => {
        this.#logger.warn(
          `A session of ${this.profile.name} cannot be sent: its id is too long (${id.slice(0, 40)}…)`,
        );
      },
      going: async (gone) => [
        ...gone.filter((id) => removable.has(id)),
        ...(await this.#losses.follow(
          intake,
          gone.filter((id) => !removable.has(id)),
        )),
      ],
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

  /** The threads prepare rows for one history; after its rows were lost it has another number. */
  async #threadsFor({ historyId }: HistoryIntake): Promise<LoadingThreads> {
    if (this.#loading?.historyId === historyId) return this.#loading;
    await this.#loading?.end();
    this.#loading = new LoadingThreads(this.profile.outgoing, historyId);
    return this.#loading;
  }

  /** Finds what is due. @returns the file that was compared, and the sessions that go with it. */
  async #compare(
    intake: HistoryIntake,
  ): Promise<{ readonly file: FileMark; readonly removable: ReadonlySet<string> }> {
    this.#isComparisonDue = false;
    const { outgoing } = this.profile;
    const file = await outgoing.fileMark();
    const difference = await findDifference(outgoing, intake);
    const removable = new Set(await this.#losses.decide(intake, difference, file));
    for (const id of difference.changed) this.#due.add(id);
    for (const id of difference.missing) {
      if (removable.has(id)) this.#due.add(id);
      else this.#due.delete(id);
    }
    return { file, removable };
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
    const isCheckDue = this.#isCheckDue;
    this.#isCheckDue = false;
    if (now - this.#lastHeartbeat < HEARTBEAT) {
      if (isCheckDue && (await intake.verify())) this.#isComparisonDue = true;
      return;
    }
    this.#lastHeartbeat = now;
    // What waits because an agent was in the middle of a session is tried again.
    this.#hasCommands = true;
    const { fileBytes } = await this.profile.outgoing.describe();
    if (await intake.seen(fileBytes)) this.#isComparisonDue = true;
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
    this.#warning.warn(`${this.profile.name} is not sent at the moment: ${text}`);
  }
}
