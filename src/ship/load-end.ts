import { Logger } from '@nestjs/common';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';

/**
 * Ends a first load in the background while the history is already followed. It waits for other processes that migrate or end a load, and
 * then builds the word index, which may take hours.
 */
export class LoadEnd {
  readonly #logger = new Logger(LoadEnd.name);
  #going: Promise<void> | undefined;
  /** Why it failed. */
  #failure: Error | undefined;

  /** @param stopped cancels this on shutdown; another shipper does it again. */
  constructor(private readonly stopped: AbortSignal) {}

  get isGoing(): boolean {
    return this.#going !== undefined;
  }

  /** Starts, unless it is running. @param onEnd is called at its end, also after a failure. */
  begin(intake: HistoryIntake, onEnd: (isLoaded: boolean) => void): void {
    this.#going ??= this.#end(intake).then((isLoaded) => {
      this.#going = undefined;
      onEnd(isLoaded);
    });
  }

  /** @throws the failure since the last call, if any. */
  check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Waits for the end. */
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
