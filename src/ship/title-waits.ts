import type { PendingCommand } from '../stores/postgres/commands/command-queue.js';

/** Which changes have to wait for titles that others give up, in one go through all that wait for a host. */
export class TitleWaits {
  /** Of each change that waits for a title, those that give it up; none of them waits for itself by way of others. */
  readonly #givers = new Map<number, readonly number[]>();
  readonly #ended = new Set<number>();

  /** @param giversOf the ids of the changes that wait by which a session gives its title up, wherever they stand. */
  constructor(private readonly giversOf: (sessionId: string) => Promise<readonly number[]>) {}

  /** Whether some that wait may have their titles by now. */
  get areDue(): boolean {
    return this.#givers.size > 0 && this.#ended.size > 0;
  }

  /** Says that a change waits no more, although the database has not been told yet. */
  end({ id }: PendingCommand): void {
    this.#ended.add(id);
  }

  /**
   * Whether a change waits for the title that a session has. It does not where whoever would give that up waits for it: neither would
   * ever be made.
   */
  async add({ id }: PendingCommand, holderId: string): Promise<boolean> {
    const givers = (await this.giversOf(holderId)).filter(
      (giver) => !this.#ended.has(giver) && !this.#waitsFor(giver, id),
    );
    if (givers.length === 0) return false;
    this.#givers.set(id, givers);
    return true;
  }

  /** Whether a change waits for another one, or is that one. */
  #waitsFor(first: number, other: number): boolean {
    const reached = new Set([first]);
    // What is added meanwhile is looked at as well.
    for (const id of reached) for (const giver of this.#givers.get(id) ?? []) reached.add(giver);
    return reached.has(other);
  }
}
