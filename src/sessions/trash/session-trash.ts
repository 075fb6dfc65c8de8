import type { TakenSessions } from './kept-session.js';

/** The kept copy of sessions that are about to be deleted. */
export interface KeptEntry {
  readonly id: string;
  /** `LinesDigest` of the copy: only sessions that match it may be deleted. */
  readonly digest: string;
  /** Records that the sessions were deleted. Never throws: if it fails, that is found out later. */
  confirm(): Promise<void>;
  /** Removes the copy, because the sessions still exist. Never throws. */
  discard(): Promise<void>;
}

/** Keeps deleted sessions for a while. */
export abstract class SessionTrash {
  /** Whether this server has a trash. */
  abstract readonly isOn: boolean;

  /**
   * Writes a durable copy of sessions that are about to be deleted.
   * @param by the caller's name in logs.
   * @throws {DomainError} `trash_off`, `trash_too_small`, `trash_inexact`, `trash_unavailable`; then nothing is kept.
   */
  abstract keep(taken: TakenSessions, by: string): Promise<KeptEntry>;
}
