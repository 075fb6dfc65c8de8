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
  let stopping: Promise<unknown> | undefined;
  const stop = (): void => {
    stopping = manager.dataSource.query('SELECT pg_cancel_backend($1)', [pid]).catch(() => undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
    // Whoever has the connection next must not be stopped in this one's place.
    await stopping;
  }
}
