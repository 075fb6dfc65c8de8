import type { ServerContext } from '@modelcontextprotocol/server';

/** Interval of progress notifications, in milliseconds. */
const INTERVAL = 1000;

/** Notifies a client that asked for progress how many seconds its call has been running. The total time of a search is unknown. */
export async function tellingProgress<T>(
  { mcpReq }: Pick<ServerContext, 'mcpReq'>,
  work: () => Promise<T>,
): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return work();
  const begun = performance.now();
  const tell = (): void => {
    const progress = (performance.now() - begun) / 1000;
    // The client may have left.
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, progress } })
      .catch(() => undefined);
  };
  tell();
  const timer = setInterval(tell, INTERVAL);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
