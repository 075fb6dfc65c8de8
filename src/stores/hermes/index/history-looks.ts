import { Logger } from '@nestjs/common';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { IndexListener } from './index-writer.js';
import type { IndexView, SessionIndex } from './session-index.js';
import { FOLLOWING } from '../waits.js';

/** Looks at a history whenever it may have changed, one look at a time. */
export class HistoryLooks {
  readonly #logger = new Logger(HistoryLooks.name);
  #ends: readonly (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAsked = false;

  /**
   * @param hear is told of changes as soon as the index knows of them, in the middle of whichever answer found them.
   * @param see looks at one snapshot of the file, and returns what to do after it; that returns whether there may be more to see.
   */
  constructor(
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
    private readonly hear: IndexListener,
    private readonly see: (view: IndexView) => () => boolean,
  ) {}

  /** Misses no change once this resolves. @throws {DomainError} as {@link look} does, but continues to follow. */
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

  /** Looks at the current state of the history. @throws {DomainError} if it cannot be read; another look follows after a pause. */
  async look(): Promise<void> {
    this.#isAsked = true;
    this.#looking ??= this.#lookWhileAsked()
      .catch((error: unknown) => {
        this.#logger.debug(`A history rests: ${String(error)}`);
        this.lookSoon(FOLLOWING.unreadable);
        throw error;
      })
      .finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Looks at the history shortly, to include what happens until then. */
  lookSoon(delay: number = FOLLOWING.gather): void {
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
      // Following may stop meanwhile.
      const finish = await this.index.snapshot((view) => (this.#isFollowing() ? this.see(view) : undefined));
      if (finish?.() === true) this.#isAsked = true;
    }
  }

  #isFollowing(): boolean {
    return this.#ends.length > 0;
  }
}
