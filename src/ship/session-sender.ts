import { Logger } from '@nestjs/common';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { LoadingThreads } from './loading-threads.js';
import type { Pace } from './pace.js';
import { SessionUploads, type Shipment, type UploadDecisions } from './session-uploads.js';
import type { ShippingObserver } from './shipping-observer.js';

/** Sessions that are looked at in one go: at its end nothing is read ahead, so that it is long. */
const AT_ONCE = 10_000;

/** What was decided about sessions before they are sent. */
export type SendingDecisions = Omit<UploadDecisions, 'skip'>;

/** Sends sessions of one history, and says how far it is. */
export class SessionSender {
  readonly #logger = new Logger(SessionSender.name);
  #loading: LoadingThreads | undefined;
  #sent = { sessions: 0, messages: 0 };
  #left = 0;

  /** @param ended is aborted once nothing more is to be sent than what is under way. */
  constructor(
    private readonly profile: HermesProfile,
    private readonly pace: Pace,
    private readonly observer: ShippingObserver,
    private readonly ended: AbortSignal,
  ) {}

  /**
   * Sends what the database has not of the sessions that are due now.
   * @param due loses those that were sent, and has them again where that failed.
   */
  async send(intake: HistoryIntake, due: Set<string>, decisions: SendingDecisions): Promise<void> {
    const ids = [...due];
    this.#left = ids.length;
    for (let at = 0; at < ids.length && !this.ended.aborted; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      for (const id of some) due.delete(id);
      try {
        await this.#sendSome(intake, some, decisions);
      } catch (error) {
        for (const id of some) due.add(id);
        throw error;
      }
    }
  }

  /** Lets go of the threads that read. */
  async end(): Promise<void> {
    await this.#loading?.end();
  }

  /** While one piece is taken in, the next one is read. */
  async #sendSome(intake: HistoryIntake, ids: readonly string[], decisions: SendingDecisions): Promise<void> {
    const uploads = new SessionUploads(this.profile.outgoing, intake, await this.#threadsFor(intake), {
      ...decisions,
      skip: (id) => {
        this.#logger.warn(
          `A session of ${this.profile.name} cannot be sent: its id is too long (${id.slice(0, 40)}…)`,
        );
      },
    });
    let taking: Promise<void> = Promise.resolve();
    for await (const shipment of uploads.shipments(ids)) {
      await taking;
      if (this.ended.aborted) break;
      taking = this.#put(intake, shipment);
      // A failure is met by the next await; until then nobody else hears of it.
      taking.catch(() => undefined);
      await this.pace.after(shipment.messages, this.ended);
    }
    await taking;
  }

  async #put(intake: HistoryIntake, { uploads, gone, messages, lost }: Shipment): Promise<void> {
    await intake.put(uploads, gone, lost);
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
}
