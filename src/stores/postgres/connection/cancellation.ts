import type { EntityManager } from 'typeorm';

/**
 * Runs work on a connection, and cancels its current statement when the signal aborts.
 * @throws the signal's reason if it has aborted before; the database's error for a cancelled statement
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
        // If the pool was exhausted until now, the connection may already belong to somebody else.
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
    // A late cancellation must not hit the connection's next user.
    await cancelling?.catch(() => undefined);
  }
}
