import { cancelledSearches, SEARCHES, untilSearchesWait } from '../support/given-up.js';
import { callTool, connectMcp, REVISIONS } from '../support/mcp.js';
import { TestServer } from '../support/server.js';
import { slowHistory } from '../support/slow-history.js';
import { until } from '../support/wait.js';

describe.each(REVISIONS)('a search that nobody waits for any more, by the revision %s', (revision) => {
  it('ends, whether it runs or waits, and leaves the others alone', async () => {
    const server = await TestServer.start(slowHistory(), {
      SEARCH_TIMEOUT_MS: '600000',
      ANSWER_CACHE_MB: '0',
    });
    const client = await connectMcp(server, { revision });
    const abort = new AbortController();
    const searches = SEARCHES.map(() =>
      client.callTool(
        { name: 'find_conversations', arguments: { text: 'haystack' } },
        { signal: abort.signal, timeout: 600_000 },
      ),
    );
    const all = Promise.allSettled(searches);
    await untilSearchesWait(server);
    // Before 2026-07-28 a cancellation does not say which of several clients it comes from; a connection that is closed does.
    if (revision === 'before') await client.close();
    else abort.abort();
    expect((await all).map(({ status }) => status)).toEqual(SEARCHES.map(() => 'rejected'));
    await until(async () => (await cancelledSearches(server)) === SEARCHES.length, 'the end of the searches');
    const other = await connectMcp(server, { revision });
    const { structure } = await callTool(other, 'find_conversations', { text: '+' });
    expect(structure).toMatchObject({ total: 0 });
    await other.close();
    await client.close();
    await server.close();
  });
});

it('progress of a call is told to whoever asks for it', async () => {
  const server = await TestServer.start(slowHistory(1));
  const client = await connectMcp(server);
  const told: number[] = [];
  await client.callTool(
    { name: 'find_conversations', arguments: { text: 'needle' } },
    { onprogress: ({ progress }) => told.push(progress) },
  );
  expect(told.length).toBeGreaterThan(0);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  await client.close();
  await server.close();
});
