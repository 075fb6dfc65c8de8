import { Readable } from 'node:stream';

/** Size of the read-ahead buffer, in bytes. */
const READY_BYTES = 64 * 1024;

/**
 * A text of any length that is produced on demand.
 * @param write receives a signal that aborts when the stream is closed: it is complete, or its reader has left.
 */
export function textStream(write: (over: AbortSignal) => AsyncIterable<string>): Readable {
  const over = new AbortController();
  const text = Readable.from(write(over.signal), { objectMode: false, highWaterMark: READY_BYTES });
  return text.once('close', () => {
    over.abort();
  });
}

/** Reads the first item now and returns all items, so that a failure at the beginning can still be answered as an error. */
export async function beginning<T>(all: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const rest = all[Symbol.asyncIterator]();
  return again(await rest.next(), rest);
}

async function* again<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* { [Symbol.asyncIterator]: () => rest };
}
