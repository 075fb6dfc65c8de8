import type { PendingCommand } from '../stores/postgres/commands/command-queue.js';

/** Tracks which changes wait for titles that others give up, within one pass over a host's pending changes. */
export class TitleWaits {
  /** By waiting change, the changes that give up its title; free of cycles. */
  readonly #givers = new Map<number, readonly number[]>();
  readonly #ended = new Set<number>();

  /** @param giversOf the ids of all pending changes by which a session gives up its title. */
  constructor(private readonly giversOf: (sessionId: string) => Promise<readonly number[]>) {}

  /** Whether some waiting changes may have their titles by now. */
  get areDue(): boolean {
    return this.#givers.size > 0 && this.#ended.size > 0;
  }

  /** Records that a change is done, although the database does not know it yet. */
  end({ id }: PendingCommand): void {
    this.#ended.add(id);
  }

  /**
   * Whether a change waits for the title that a session holds. It does not if all changes that would give up the title wait for this one:
   * that would be a deadlock.
   */
  async add({ id }: PendingCommand, holderId: string): Promise<boolean> {
    const givers = (await this.giversOf(holderId)).filter(
      (giver) => !this.#ended.has(giver) && !this.#waitsFor(giver, id),
    );
    if (givers.length === 0) return false;
    this.#givers.set(id, givers);
    return true;
  }

  /** Whether a change waits for another one, directly or indirectly, or is that one. */
  #waitsFor(first: number, other: number): boolean {
    const reached = new Set([first]);
    // Iterates over ids that are added meanwhile, too.
    for (const id of reached) for (const giver of this.#givers.get(id) ?? []) reached.add(giver);
    return reached.has(other);
  }
}
