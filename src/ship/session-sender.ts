import { Logger } from '@nestjs/common';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { HermesProfile } from '../stores/hermes/profiles/hermes-profile.js';
import { isTimeout } from '../stores/postgres/connection/postgres-failure.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import type { SessionUpload } from '../stores/postgres/incoming/upload.js';
import { LoadingThreads } from './loading-threads.js';
import type { Pace } from './pace.js';
import { isIndivisible, SessionUploads, type Shipment, type UploadDecisions } from './session-uploads.js';
import type { ShippingObserver } from './shipping-observer.js';

/** Sessions that are looked at in one go: at its end nothing is read ahead, so that it is long. */
const AT_ONCE = 10_000;

/** The least share of what is usually sent in one transaction. */
const LEAST_SHARE = 1 / 64;

/** What was decided about sessions before they are sent. */
export type SendingDecisions = Omit<UploadDecisions, 'skip' | 'lack'>;

/** Sends sessions of one history, and says how far it is. */
export class SessionSender {
  readonly #warning = new RepeatedWarning(new Logger(SessionSender.name));
  #loading: LoadingThreads | undefined;
  #sent = { sessions: 0, messages: 0 };
  #left = 0;
  /** Sessions that the database did not take last, and those of them that are skipped until the next comparison. */
  readonly #refused = new Set<string>();
  readonly #skipped = new Set<string>();
  /** How much is sent in one transaction, as a share of what usually is: less where the line or the disk is too slow for that. */
  #share = 1;
  /** Whether the last failure has left something here that a next try does otherwise. */
  #hasLearnt = false;

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
    this.#hasLearnt = false;
    const ids = [...due];
    this.#left = ids.length;
    for (let at = 0; at < ids.length && !this.ended.aborted; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      for (const id of some) due.delete(id);
      try {
        await this.#sendSome(intake, some, decisions);
      } catch (error) {
        for (const id of some) due.add(id);
        if (error instanceof DomainError && isTimeout(error.cause) && this.#share > LEAST_SHARE) {
          this.#share /= 2;
          this.#hasLearnt = true;
        }
        throw error;
      }
    }
    this.#share = Math.min(1, 2 * this.#share);
  }

  /** Whether the next try meets less than the one that failed: it sends less at once, or has fewer sessions in the way. Asked once. */
  learnt(): boolean {
    const hasLearnt = this.#hasLearnt;
    this.#hasLearnt = false;
    return hasLearnt;
  }

  /** Tries again from now on what was skipped, since everything was compared. */
  compared(): void {
    this.#skipped.clear();
  }

  /** Lets go of the threads that read. */
  async end(): Promise<void> {
    await this.#loading?.end();
  }

  /** While one piece is taken in, the next one is read. */
  async #sendSome(intake: HistoryIntake, ids: readonly string[], decisions: SendingDecisions): Promise<void> {
    const threads = await this.#threadsFor(intake);
    const all = {
      ...decisions,
      holds: (id: string) => this.#skipped.has(id) || decisions.holds(id),
      skip: (id: string, why: string) => {
        this.#skip(id, why);
      },
      lack: (id: string, messages: number) => {
        this.#warning.warn(
          `A session of ${this.profile.name} is sent without ${messages} of its messages, whose ids are beyond 2^53 - 1 (${id.slice(0, 40)}).`,
        );
      },
    };
    const uploads = new SessionUploads(this.profile.outgoing, intake, threads, all, this.#share);
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

  async #put(intake: HistoryIntake, shipment: Shipment): Promise<void> {
    const { gone, messages, lost } = shipment;
    const uploads = shipment.uploads.filter(({ session }) => !this.#skipped.has(session.id));
    try {
      await this.#take(intake, uploads, gone, lost);
    } catch (error) {
      if (!isOfOneSession(error, uploads)) throw error;
      const [first, ...others] = uploads;
      // What nobody foresaw lies in one of the sessions rather than in all; where there is but one, it is known what it does.
      if (first !== undefined && others.length === 0 && gone.length === 0)
        this.#refuse(new Map([[first.session.id, error]]), error);
      else await this.#putOneByOne(intake, uploads, error);
      await intake.put([], gone, lost);
    }
    const arrived = uploads.filter(isEnd).length + gone.length;
    this.#sent = { sessions: this.#sent.sessions + arrived, messages: this.#sent.messages + messages };
    this.#left = Math.max(0, this.#left - arrived);
    this.observer.progress(this.profile.name, { ...this.#sent, left: this.#left });
  }

  async #take(
    intake: HistoryIntake,
    uploads: readonly SessionUpload[],
    gone: readonly string[],
    lost: number,
  ): Promise<void> {
    await intake.put(uploads, gone, lost);
    for (const { session } of uploads.filter(isEnd)) this.#refused.delete(session.id);
  }

  /** Sends what the database takes. */
  async #putOneByOne(
    intake: HistoryIntake,
    uploads: readonly SessionUpload[],
    failure: unknown,
  ): Promise<void> {
    const refused = new Map<string, unknown>();
    for (const upload of uploads) {
      const { id } = upload.session;
      // The end of one that lacks its beginning would pass for all of it.
      if (refused.has(id)) continue;
      try {
        await this.#take(intake, [upload], [], 0);
        this.#hasLearnt = true;
      } catch (error) {
        if (!isOfOneSession(error, [upload])) throw error;
        refused.set(id, error);
      }
    }
    this.#refuse(refused, failure);
  }

  /**
   * What the database does not take is tried once more after a comparison, and then skipped until the next one, so that it keeps nothing else
   * back, whatever happens in it meanwhile.
   * @param refused why, by the ids of the sessions.
   * @throws what failed, where that is to be tried once more
   */
  #refuse(refused: ReadonlyMap<string, unknown>, failure: unknown): void {
    const isNew = [...refused.keys()].some((id) => !this.#refused.has(id));
    this.#hasLearnt ||= isNew;
    for (const id of refused.keys()) this.#refused.add(id);
    if (isNew || refused.size === 0) throw failure;
    for (const [id, why] of refused) {
      this.#skipped.add(id);
      this.#skip(id, String(why));
    }
  }

  #skip(id: string, why: string): void {
    this.#warning.warn(`A session of ${this.profile.name} cannot be sent (${id.slice(0, 40)}): ${why}`);
  }

  /** The threads prepare rows for one history; after its rows were lost it has another number. */
  async #threadsFor({ historyId }: HistoryIntake): Promise<LoadingThreads> {
    if (this.#loading?.historyId === historyId) return this.#loading;
    await this.#loading?.end();
    this.#loading = new LoadingThreads(this.profile.outgoing, historyId);
    return this.#loading;
  }
}

/** Whether all of a session has arrived with a piece of it. */
function isEnd({ session }: SessionUpload): boolean {
  return session.fingerprint !== '';
}

/** Whether a failure lies in one of some sessions: time that one message takes is no other's. */
function isOfOneSession(failure: unknown, uploads: readonly SessionUpload[]): boolean {
  if (!(failure instanceof DomainError)) return true;
  return isTimeout(failure.cause) && isIndivisible(uploads);
}
