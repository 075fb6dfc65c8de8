import { Logger } from '@nestjs/common';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { IndexListener } from './index-writer.js';
import type { IndexView, SessionIndex } from './session-index.js';

/** Several writes of one turn come together; milliseconds. */
const GATHER = 10;

/** How long it is waited before a history that cannot be read is looked at again, in milliseconds. */
const REST = 500;

/** Looks at a history whenever something may have happened in it, one look at a time. */
export class HistoryLooks {
  readonly #logger = new Logger(HistoryLooks.name);
  #ends: readonly (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAsked = false;

  /**
   * @param hear is told of changes as soon as the index knows of them, in the middle of whoever's answer.
   * @param see looks at one moment of the file, and says what to do once that is over: this tells whether there may be more to see.
   */
  constructor(
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
    private readonly hear: IndexListener,
    private readonly see: (view: IndexView) => () => boolean,
  ) {}

  /** Misses nothing once this resolves. @throws {DomainError} as {@link look} does, and goes on all the same. */
  async start(): Promise<void> {
    if (!this.#isFollowing())
      this.#ends = [
        this.connection.watch.subscribe(() => {
          this.lookSoon();
        }),
        this.index.subscribe(this.hear),
      ];
    await this.look();
  }

  stop(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at the history as it is now. @throws {DomainError} where it cannot be read; then it is looked at again in a while. */
  async look(): Promise<void> {
    this.#isAsked = true;
    this.#looking ??= this.#lookWhileAsked()
      .catch((error: unknown) => {
        this.#logger.debug(`A history rests: ${String(error)}`);
        this.lookSoon(REST);
        throw error;
      })
      .finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Looks at it in a moment, with what happens until then. */
  lookSoon(delay = GATHER): void {
    if (this.#timer !== undefined || !this.#isFollowing()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.look().catch(() => undefined);
    }, delay);
    this.#timer.unref();
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#isAsked && this.#isFollowing()) {
      this.#isAsked = false;
      // It may be stopped meanwhile.
      const finish = await this.index.snapshot((view) => (this.#isFollowing() ? this.see(view) : undefined));
      if (finish?.() === true) this.#isAsked = true;
    }
  }

  #isFollowing(): boolean {
    return this.#ends.length > 0;
  }
}
