/** Bytes of messages after which a page ends: messages with screenshots can have megabytes each. */
export const PAGE_BYTES = 16 * 1024 * 1024;

/** The part of a page that fits. */
export interface FittingPage<M> {
  readonly page: readonly M[];
  /** Whether messages were left for the next page. */
  readonly isCut: boolean;
}

/**
 * The first messages, up to the one that exceeds the limit; at least one. It stops iterating after that.
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
