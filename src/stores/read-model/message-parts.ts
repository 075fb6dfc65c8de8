/** What is read of messages in one go, in bytes as they are stored: whoever searches has little memory, and one picture can have megabytes. */
export const BYTES_AT_ONCE = 4 * 1024 * 1024;

/**
 * Cuts messages into parts that fit into some megabytes, with at least one in each.
 * @param bytesOf the size of a message.
 * @param most so many of them in a part, however small they are.
 * @param within bytes of a part.
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
