/** What is wrong with a file of keys, in one sentence for the person who keeps it. It names no more of a key than its name. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';

  /** Whether the same file may be readable the next time, with nobody doing anything about it. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, cause }: { mayPass?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}
