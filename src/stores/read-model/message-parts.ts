/** Bytes of messages, as stored, that are read in one batch: a search has little memory, and one picture can take megabytes. */
export const BYTES_AT_ONCE = 4 * 1024 * 1024;

/**
 * Splits messages into parts of some megabytes, with at least one message in each.
 * @param bytesOf the size of a message.
 * @param most how many messages a part may have.
 * @param within how many bytes a part may have.
 */
export function* inParts<M>(
  messages: readonly M[],
  bytesOf: (message: M) => number,
  most = Infinity,
  within = BYTES_AT_ONCE,
): Generator<readonly M[]> {
  let part: M[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message);
    if (part.length > 0 && (bytes + size > within || part.length >= most)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
