import { Logger } from '@nestjs/common';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';

/**
 * The end of a first load, beside which the history is followed: it waits for whoever prepares the database, or ends another load, and an
 * index of all that has come takes long, so that hours may pass.
 */
export class LoadEnd {
  readonly #logger = new Logger(LoadEnd.name);
  #going: Promise<void> | undefined;
  /** Why it could not be ended. */
  #failure: Error | undefined;

  /** @param stopped is aborted once nothing is to go on, which ends this as well: another shipper does it anew. */
  constructor(private readonly stopped: AbortSignal) {}

  get isGoing(): boolean {
    return this.#going !== undefined;
  }

  /** Begins, where it is not under way. @param onEnd hears of its end, also where it failed. */
  begin(intake: HistoryIntake, onEnd: (isLoaded: boolean) => void): void {
    this.#going ??= this.#end(intake).then((isLoaded) => {
      this.#going = undefined;
      onEnd(isLoaded);
    });
  }

  /** @throws why it failed since this was asked last. */
  check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Waits for what is under way. */
  async done(): Promise<void> {
    await this.#going;
  }

  async #end(intake: HistoryIntake): Promise<boolean> {
    const tell = (what: string): void => {
      this.#logger.log(what);
    };
    try {
      await intake.setLoaded({ signal: this.stopped, tell });
      return true;
    } catch (error) {
      if (!this.stopped.aborted) this.#failure = error instanceof Error ? error : new Error(String(error));
      return false;
    }
  }
}
