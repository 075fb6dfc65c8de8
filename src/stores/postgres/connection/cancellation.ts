import type { EntityManager } from 'typeorm';

/**
 * Does something on a connection, and has the database stop it where nobody waits for it any more.
 * @throws the reason of the signal before anything is done, and what the database says of a statement that it was told to stop.
 */
export async function untilCancelled<T>(
  manager: EntityManager,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const [{ pid } = { pid: 0 }] = await manager.query<{ readonly pid: number }[]>(
    'SELECT pg_backend_pid() AS pid',
  );
  let isOver = false;
  let cancelling: Promise<unknown> | undefined;
  const stop = (): void => {
    const other = manager.dataSource.createQueryRunner();
    other
      .connect()
      .then(() => {
        // Where all connections were in use until then, it may be another one's by now.
        if (!isOver) cancelling = other.query('SELECT pg_cancel_backend($1)', [pid]);
        return cancelling;
      })
      .catch(() => undefined)
      .finally(() => other.release());
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
    isOver = true;
    // Whoever has the connection next must not be stopped in this one's place.
    await cancelling?.catch(() => undefined);
  }
}
