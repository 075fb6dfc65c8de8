import { Logger } from '@nestjs/common';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { FileMark, HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import type { HistoryDifference } from './history-difference.js';
import { looksLikeAccident, RecentDeletions } from './loss-rule.js';

/** Decides which sessions that a file has no more go from the database as well, and which are held back until somebody accepts it. */
export class LossGuard {
  readonly #logger = new Logger('Ship');
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #passed = new RecentDeletions();
  readonly #kept = new RecentDeletions();
  #held = 0;

  /** @param history what it is called in the log. */
  constructor(private readonly history: string) {}

  /** Sessions that are held back, as of the last decision. */
  get held(): number {
    return this.#held;
  }

  /**
   * Decides about everything that a comparison misses in the file. Once sessions are held back, all that are missing are.
   * @param file what was compared.
   * @returns the sessions that go.
   */
  async decide(
    intake: HistoryIntake,
    { known, missing }: HistoryDifference,
    file: FileMark,
  ): Promise<readonly string[]> {
    const { held, accepted, file: before } = await intake.comparisonState();
    const isAccepted = accepted !== null && missing.length <= accepted;
    const loss = { known, missing: missing.length, isOtherFile: isOther(before, file) };
    if (missing.length > 0 && !isAccepted && (held > 0 || looksLikeAccident(loss))) {
      if (accepted !== null)
        this.#logger.warn(
          `${this.history}: ${accepted} sessions were accepted to go, but more are missing by now.`,
        );
      await this.#hold(intake, missing.length, known);
      return [];
    }
    if (held > 0) {
      const what = isAccepted ? `${missing.length} go, as was accepted.` : 'the sessions are there again.';
      this.#logger.log(`${this.history}: nothing is held back any more; ${what}`);
    }
    this.#held = 0;
    this.#warning.end();
    return missing;
  }

  /** Decides about sessions that went while the file was followed. @returns those that go. */
  async follow(intake: HistoryIntake, gone: readonly string[]): Promise<readonly string[]> {
    if (gone.length === 0) return [];
    const now = performance.now();
    const passed = this.#passed.count(now);
    const missing = gone.length + passed + this.#kept.count(now);
    const known = await intake.count();
    if (!looksLikeAccident({ known: known + passed, missing, isOtherFile: false })) {
      this.#passed.add(gone.length, now);
      return gone;
    }
    this.#kept.add(gone.length, now);
    await this.#hold(intake, this.#held + gone.length, known);
    return [];
  }

  async #hold(intake: HistoryIntake, held: number, known: number): Promise<void> {
    await intake.hold(held);
    this.#held = held;
    this.#warning.warn(
      `${this.history}: ${held} of ${known} sessions in the database are missing in the file. That looks like an accident, so that they stay in the database. If they are to go there, too: hermes-sessions ship --accept-loss`,
    );
  }
}

/** Whether another file, or an older one, lies where a history's file was; what is not known speaks for neither. */
function isOther(before: FileMark, now: FileMark): boolean {
  if (before.fileId !== null && before.fileId !== now.fileId) return true;
  return before.newestMessageId !== null && before.newestMessageId > (now.newestMessageId ?? 0);
}
