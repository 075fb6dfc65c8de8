import { Logger } from '@nestjs/common';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { FileMark } from '../stores/hermes/outgoing/outgoing-history.js';
import type { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import type { ExecutedCommand } from '../stores/postgres/commands/executed-commands.js';
import { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { inSpan } from '../tracing/span.js';
import { CommandExecutor } from './command-executor.js';
import { findDifference } from './history-difference.js';
import { HEARTBEAT, HostPresence, LEASE_INTERVAL } from './host-presence.js';
import { LoadEnd } from './load-end.js';
import { isOther, LossGuard, type LossDecision } from './loss-guard.js';
import type { Pace } from './pace.js';
import { SessionSender } from './session-sender.js';
import type { ShippingObserver } from './shipping-observer.js';
import { hasEnded, newShipperIdentity } from './shipper-process.js';
import { TextCheck } from './text-check.js';
import { TitleWaits } from './title-waits.js';

/** How long to wait after a failure, in milliseconds; doubled with each further one up to the maximum. */
const REST = { least: 200, most: 10_000 } as const;

/** How often everything is compared without a cause, in milliseconds; more often while sessions are held back. */
const COMPARISON_INTERVAL = { usual: 3600_000, held: 300_000 } as const;

/** The file that was compared, and the decision about its losses. */
interface Comparison {
  readonly file: FileMark;
  readonly decision: LossDecision;
}

/** How a history is sent. */
export interface ShippingWay {
  readonly pace: Pace;
  /** Whether the file is only read; then changes made in the database are refused. */
  readonly readsOnly: boolean;
}

/**
 * Sends one history to the database, follows it, and executes in its file the changes that were made in the database. The data and the
 * progress are stored in one transaction, so shipping resumes where it stopped, whichever side was away. After any failure it starts over
 * with a full comparison: what the database acknowledged may be gone after a crash, a restore or a failover.
 */
export class HistoryShipper {
  readonly #logger = new Logger(HistoryShipper.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #identity = newShipperIdentity();
  readonly #losses: LossGuard;
  readonly #executor: CommandExecutor;
  readonly #presence: HostPresence;
  readonly #sender: SessionSender;
  readonly #texts: TextCheck;
  readonly #ended = new AbortController();
  readonly #loadEnd = new LoadEnd(this.#ended.signal);
  /** Sessions to process, oldest first. */
  readonly #due = new Set<string>();
  /** Sessions among {@link #due} whose stored texts differ from the file, which nothing else shows. */
  readonly #anew = new Set<string>();
  #isComparisonDue = true;
  #lastComparison = 0;
  /** Whether the file was replaced. */
  #isReplaced = false;
  #hasCommands = true;
  /** Whether it is waiting after a failure; changes at the host do not shorten that wait. */
  #isResting = false;
  #rest: number = REST.least;
  #wake: (() => void) | undefined;
  #working: Promise<void> | undefined;
  /** Callers that wait for {@link settled}, and those whose changes are covered by the current round. */
  readonly #settling: (() => void)[] = [];
  readonly #waited: (() => void)[] = [];
  /** Undefined until the history is registered, and again after a failure. */
  #intake: HistoryIntake | undefined;
  /** The most recent intake: this shipper holds its lease until it is released. */
  #registered: HistoryIntake | undefined;
  #isFed = false;
  #renewing: NodeJS.Timeout | undefined;

  constructor(
    private readonly profile: HermesProfile,
    private readonly origin: string,
    private readonly isDefault: boolean,
    private readonly connection: PostgresConnection,
    private readonly way: ShippingWay,
    private readonly observer: ShippingObserver,
  ) {
    this.#losses = new LossGuard(`${profile.name} of ${origin}`, profile.outgoing);
    this.#executor = new CommandExecutor(profile, way.readsOnly);
    this.#presence = new HostPresence(profile.outgoing);
    this.#texts = new TextCheck(profile.outgoing);
    this.#sender = new SessionSender(profile, way.pace, observer, this.#ended.signal);
  }

  /** The number of the history in the database; undefined before it was reached. */
  get historyId(): number | undefined {
    return this.#intake?.historyId;
  }

  /** Starts to send, until {@link stop}. */
  start(): void {
    this.#working ??= this.#workUntilStopped();
  }

  /** Stops after the current transaction. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.profile.outgoing.feed.stop();
    this.#wake?.();
    await this.#working;
    await this.#loadEnd.done();
    await this.#sender.end();
    clearInterval(this.#renewing);
    // If the database is unreachable, the lease expires by itself.
    await this.#registered?.lease.release().catch(() => undefined);
  }

  /** Tells that some connection to the database broke: acknowledged data may have been lost with it. */
  reconnected(): void {
    this.#isComparisonDue = true;
    this.wakeForCommands();
  }

  /** Tells that commands are waiting in the database. */
  wakeForCommands(): void {
    this.#hasCommands = true;
    this.#presence.askForCheck();
    this.#wake?.();
  }

  /**
   * Sends everything there is now, and executes the pending changes. What a failure teaches (to send smaller batches, or to skip a
   * session) is kept only in this process, so the retry is made here.
   * @throws {DomainError} if the file or the database cannot be reached
   */
  async sendAll(): Promise<void> {
    for (;;) {
      try {
        await this.#sendAllOnce();
        return;
      } catch (error) {
        if (this.#isStopped || !this.#sender.learnt()) throw error;
        this.#beginAnew();
      }
    }
  }

  async #sendAllOnce(): Promise<void> {
    this.#isComparisonDue = true;
    const intake = await this.#open();
    let isMoreDue: boolean;
    do {
      this.#hasCommands = true;
      isMoreDue = await this.#round(intake);
    } while (isMoreDue);
    await this.#loadEnd.done();
    this.#loadEnd.check();
    await this.#tell(intake);
  }

  /** Waits until everything that is committed now on either side has reached the other. */
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
        // Callers that arrive later wait for the next round.
        this.#waited.push(...this.#settling.splice(0));
        await this.#round(intake);
        await this.#tell(intake);
        this.#loadEnd.check();
        this.#rest = REST.least;
        if (this.#warning.end()) this.#logger.log(`${this.profile.name} is sent again.`);
        if (this.#isComparisonDue) continue;
        if (!this.#loadEnd.isGoing) for (const resolve of this.#waited.splice(0)) resolve();
        await this.#checkTexts(intake);
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

  get #isStopped(): boolean {
    return this.#ended.signal.aborted;
  }

  get #isBusy(): boolean {
    if (this.#due.size > 0 || this.#settling.length > 0) return true;
    if (this.#waited.length > 0 && !this.#loadEnd.isGoing) return true;
    return this.#isComparisonDue || this.#hasCommands || this.#presence.isDue;
  }

  async #open(): Promise<HistoryIntake> {
    if (this.#intake !== undefined) return this.#intake;
    const { origin, isDefault, profile } = this;
    const description = await profile.outgoing.describe();
    const intake = await HistoryIntake.open(
      this.connection,
      { origin, profile: profile.name, isDefault, ...description, canChange: !this.way.readsOnly },
      this.#identity,
      hasEnded,
    );
    this.#intake = this.#registered = intake;
    this.#renewing ??= setInterval(() => {
      // The next transaction will report a failure.
      this.#intake?.lease.renew().catch(() => undefined);
    }, HEARTBEAT).unref();
    // From here on every change is reported, so the comparison that follows misses none.
    if (!this.#isFed)
      await profile.outgoing.feed.start((ids) => {
        this.#note(ids);
      });
    this.#isFed = true;
    return intake;
  }

  /** Sent data may be lost, so nothing known about the database is trusted any more. */
  #beginAnew(): void {
    this.#intake = undefined;
    this.#isComparisonDue = true;
    this.#hasCommands = true;
    this.#presence.beginAnew();
  }

  #note(ids: readonly string[] | undefined): void {
    this.#presence.noteChange();
    if (ids === undefined) this.#isComparisonDue = this.#isReplaced = true;
    for (const id of ids ?? []) this.#due.add(id);
    if (!this.#isResting) this.#wake?.();
  }

  /**
   * Sends what is due, and executes pending changes. The file is not changed before a comparison has shown that it is the right one.
   * @returns whether another round is due, because changes were executed, or only a comparison can tell what happened to the file.
   */
  async #round(intake: HistoryIntake): Promise<boolean> {
    if (performance.now() - this.#lastComparison >= this.#comparisonInterval) this.#isComparisonDue = true;
    // Earlier changes of the file are processed first.
    if (this.#hasCommands) await this.profile.outgoing.feed.look();
    const comparison = this.#isComparisonDue
      ? await this.#traced('ship compare', () => this.#compare(intake))
      : undefined;
    if (comparison === undefined) await this.#sendNews(intake);
    const isExecuted =
      this.#hasCommands &&
      !this.#isComparisonDue &&
      (await this.#traced('ship execute', () => this.#execute(intake)));
    // Changes executed here are changes of the file, too.
    if (isExecuted) await this.profile.outgoing.feed.look();
    if (comparison !== undefined) await this.#sendDifference(intake, comparison);
    else if (isExecuted) await this.#sendNews(intake);
    return isExecuted || this.#isComparisonDue;
  }

  get #comparisonInterval(): number {
    return this.#losses.held > 0 ? COMPARISON_INTERVAL.held : COMPARISON_INTERVAL.usual;
  }

  /** Sends what changed since the last round. */
  async #sendNews(intake: HistoryIntake): Promise<void> {
    if (this.#due.size === 0) return;
    const going = await this.#losses.follow(intake, [...this.#due]);
    if (going === undefined) this.#isComparisonDue = true;
    else await this.#send(intake, { going, isSetBack: false });
  }

  async #sendDifference(intake: HistoryIntake, { file, decision }: Comparison): Promise<void> {
    await intake.expect(this.#due.size);
    this.#sender.compared();
    await this.#send(intake, decision);
    if (this.#isStopped) return;
    this.#loadEnd.begin(intake, (isLoaded) => {
      if (isLoaded) this.observer.loaded(this.profile.name);
      this.#wake?.();
    });
    const now = await this.profile.outgoing.fileMark();
    if (isOther(file, now)) {
      // It was replaced, or an older state restored, during sending.
      this.#isComparisonDue = true;
      return;
    }
    await intake.setCompared(this.#losses.held === 0 ? now : undefined);
    this.#lastComparison = performance.now();
    if (this.#isReplaced) await intake.reset();
    this.#isReplaced = false;
  }

  /** While idle, reads some sent messages again to compare them. */
  async #checkTexts(intake: HistoryIntake): Promise<void> {
    // The data of a file with an older state is not sent.
    if (this.#isBusy || this.#losses.held > 0) return;
    for (const id of await this.#texts.differing(intake)) {
      this.#anew.add(id);
      this.#due.add(id);
    }
  }

  async #send(intake: HistoryIntake, { going, isSetBack }: LossDecision): Promise<void> {
    const anew = new Set(this.#anew);
    await this.#traced('ship send', () =>
      this.#sender.send(intake, this.#due, {
        mayGo: (id) => going.has(id),
        holds: (id) => this.#losses.holds(id),
        postpone: (id) => {
          if (!this.#losses.holds(id)) this.#due.add(id);
        },
        isAnew: (id) => anew.has(id),
        isWhole: isSetBack,
      }),
    );
    for (const id of anew) this.#anew.delete(id);
  }

  /** Finds what is due, and decides about the file's losses. */
  async #compare(intake: HistoryIntake): Promise<Comparison> {
    this.#isComparisonDue = false;
    const { outgoing } = this.profile;
    const difference = await findDifference(outgoing, intake);
    // Read afterwards, so that it shows an older state restored before or during the comparison.
    const file = await outgoing.fileMark();
    const decision = await this.#losses.decide(intake, difference, file);
    for (const id of [...difference.added, ...difference.changed]) this.#due.add(id);
    for (const id of difference.missing) {
      if (decision.going.has(id)) this.#due.add(id);
      else this.#due.delete(id);
    }
    return { file, decision };
  }

  /** @returns whether any change was executed. */
  async #execute(intake: HistoryIntake): Promise<boolean> {
    this.#hasCommands = false;
    let isAny = false;
    for (;;) {
      const titles = new TitleWaits((id) => intake.titleGivers(id));
      for await (const pending of intake.pending()) {
        const executed = await this.#executor.execute(pending, this.#losses.held === 0, titles);
        for (const id of await intake.confirm(executed)) this.#due.add(id);
        this.#reportUnmade(executed);
        isAny ||= executed.length > 0;
        if (this.#isStopped || this.#executor.isLocked) return isAny;
      }
      if (!titles.areDue) return isAny;
    }
  }

  #reportUnmade(executed: readonly ExecutedCommand[]): void {
    for (const { command, outcome } of executed) {
      if (outcome.state === 'applied') continue;
      const why = outcome.reason ?? 'it was renamed at the host, too';
      this.#logger.warn(
        `A ${command.kind} of ${command.sessionId} was not made in ${this.profile.name}: ${why}`,
      );
    }
  }

  async #tell(intake: HistoryIntake): Promise<void> {
    const { isHeartbeat, isLossAccepted } = await this.#presence.tell(intake);
    // Changes that wait because an agent uses the session are retried.
    if (isHeartbeat) this.#hasCommands = true;
    if (isLossAccepted) this.#isComparisonDue = true;
  }

  /** Called only if there is work, so idle rounds create no spans. */
  #traced<T>(step: string, work: () => Promise<T>): Promise<T> {
    return inSpan(step, { 'hermes.origin': this.origin, 'hermes.profile': this.profile.name }, work);
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
    const text = error instanceof DomainError ? error.message : String(error);
    this.#warning.warn(`${this.profile.name} is not sent at the moment: ${text}`);
  }
}
