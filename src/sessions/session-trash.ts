import type { TakenSessions } from './kept-session.js';

/** What was written down of sessions that are about to be deleted. */
export interface KeptEntry {
  readonly id: string;
  /** What was written, by its `LinesDigest`: exactly that may be deleted. */
  readonly digest: string;
  /** They are gone. Never throws: what is not noted now is found out later. */
  confirm(): Promise<void>;
  /** They are still there. Never throws. */
  discard(): Promise<void>;
}

/** Keeps what is deleted for a while. */
export abstract class SessionTrash {
  /** Whether anything is kept here. */
  abstract readonly isOn: boolean;

  /**
   * Writes down what is about to be deleted, so that it is there whatever happens to this process or its machine.
   * @param by who deletes it, as logs name them.
   * @throws {DomainError} `trash_off`, `trash_too_small`, `trash_inexact`, `trash_unavailable`; nothing is kept then.
   */
  abstract keep(taken: TakenSessions, by: string): Promise<KeptEntry>;
}
