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

/** Sessions per batch. Nothing is read ahead across batches, so they are large. */
const AT_ONCE = 10_000;

/** The smallest share of the usual transaction size. */
const LEAST_SHARE = 1 / 64;

/** The decisions about sessions that are made before sending. */
export type SendingDecisions = Omit<UploadDecisions, 'skip' | 'lack'>;

/** Sends sessions of one history, and reports the progress. */
export class SessionSender {
  readonly #warning = new RepeatedWarning(new Logger(SessionSender.name));
  #loading: LoadingThreads | undefined;
  #sent = { sessions: 0, messages: 0 };
  #left = 0;
  /** Sessions that the database refused last, and those of them that are skipped until the next comparison. */
  readonly #refused = new Set<string>();
  readonly #skipped = new Set<string>();
  /** The transaction size as a share of the usual one; smaller if the connection or the disk is too slow. */
  #share = 1;
  /** Whether the last failure has changed how the next attempt proceeds. */
  #hasLearnt = false;

  /** @param ended is aborted when nothing more should be sent after the current transaction. */
  constructor(
    private readonly profile: HermesProfile,
    private readonly pace: Pace,
    private readonly observer: ShippingObserver,
    private readonly ended: AbortSignal,
  ) {}

  /**
   * Sends what the database lacks of the sessions that are due now.
   * @param due sent sessions are removed; after a failure they are added again.
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

  /** Whether the next attempt will be different: it sends smaller transactions, or has fewer sessions left. Reading resets it. */
  learnt(): boolean {
    const hasLearnt = this.#hasLearnt;
    this.#hasLearnt = false;
    return hasLearnt;
  }

  /** Stops skipping sessions, after a full comparison. */
  compared(): void {
    this.#skipped.clear();
  }

  /** Ends the reading threads. */
  async end(): Promise<void> {
    await this.#loading?.end();
  }

  /** Reads the next shipment while the previous one is being stored. */
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
      // The next await reports a failure; this avoids an unhandled rejection until then.
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
      // An unexpected failure is attributed to one of the sessions. If there is only one, that one is refused; otherwise they are sent
      // one by one.
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

  /** Sends sessions one by one, to find those that the database refuses. */
  async #putOneByOne(
    intake: HistoryIntake,
    uploads: readonly SessionUpload[],
    failure: unknown,
  ): Promise<void> {
    const refused = new Map<string, unknown>();
    for (const upload of uploads) {
      const { id } = upload.session;
      // A later part without the first one would look complete.
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
   * A refused session is retried once after a comparison, and then skipped until the next comparison, so that it does not block others.
   * @param refused the reasons, by session id.
   * @throws the failure, if there is to be a retry
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

  /** The threads prepare rows for one history number, which changes if the history is deleted and registered again. */
  async #threadsFor({ historyId }: HistoryIntake): Promise<LoadingThreads> {
    if (this.#loading?.historyId === historyId) return this.#loading;
    await this.#loading?.end();
    this.#loading = new LoadingThreads(this.profile.outgoing, historyId);
    return this.#loading;
  }
}

/** Whether an upload completes its session. */
function isEnd({ session }: SessionUpload): boolean {
  return session.fingerprint !== '';
}

/** Whether a failure is caused by one of these sessions. A timeout counts only if the upload cannot be divided. */
function isOfOneSession(failure: unknown, uploads: readonly SessionUpload[]): boolean {
  if (!(failure instanceof DomainError)) return true;
  return isTimeout(failure.cause) && isIndivisible(uploads);
}
