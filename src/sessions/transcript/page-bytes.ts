/** Bytes of messages behind which a page ends: agents that look at screens have megabytes of pictures in each message. */
export const PAGE_BYTES = 16 * 1024 * 1024;

/** What of a page fits into it. */
export interface FittingPage<M> {
  readonly page: readonly M[];
  /** Whether some were left for the next page. */
  readonly isCut: boolean;
}

/**
 * Those of some messages that begin within so many bytes: at least one, and however large it is. No more are asked for than needed.
 * @param bytesOf the size of a message.
 */
export function fittingPage<M>(
  messages: Iterable<M>,
  bytesOf: (message: M) => number,
  most = PAGE_BYTES,
): FittingPage<M> {
  const page: M[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (bytes >= most) return { page, isCut: true };
    page.push(message);
    bytes += bytesOf(message);
  }
  return { page, isCut: false };
}
