/** What is wrong with a file of keys, in one sentence for the person who keeps it. It names no more of a key than its name. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}
