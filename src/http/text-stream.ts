import { Readable } from 'node:stream';

/** Text that is ready before anybody takes it, in bytes. */
const READY_BYTES = 64 * 1024;

/**
 * A text of any length that is written as it is taken.
 * @param write is told when nobody takes any more of it: it is all there, or whoever wanted it has left.
 */
export function textStream(write: (over: AbortSignal) => AsyncIterable<string>): Readable {
  const over = new AbortController();
  const text = Readable.from(write(over.signal), { objectMode: false, highWaterMark: READY_BYTES });
  return text.once('close', () => {
    over.abort();
  });
}

/** Everything that is read, the first of which is read now: what is wrong with it is answered as an error, before an answer has begun. */
export async function beginning<T>(all: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const rest = all[Symbol.asyncIterator]();
  return again(await rest.next(), rest);
}

async function* again<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* { [Symbol.asyncIterator]: () => rest };
}
