/** What is wrong with a key file, in one sentence for its keeper. Of a key it reveals at most the name. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';

  /** Whether the same file may become readable without anybody changing it. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, cause }: { mayPass?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}
