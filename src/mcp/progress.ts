import type { ServerContext } from '@modelcontextprotocol/server';

/** How often it is told that a call is under way, in milliseconds. */
const INTERVAL = 1000;

/** Tells a client that asks for it for how many seconds its call has been under way, until that ends: nobody knows how long a search takes. */
export async function tellingProgress<T>(
  { mcpReq }: Pick<ServerContext, 'mcpReq'>,
  work: () => Promise<T>,
): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return work();
  const begun = performance.now();
  const tell = (): void => {
    const progress = (performance.now() - begun) / 1000;
    // Whoever has left need not be told.
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
