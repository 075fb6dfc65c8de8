import type { TestServer } from './server.js';
import type supertest from 'supertest';
import { until } from './wait.js';

/** More than run at a time, so that one of them waits. */
const SEARCHES = [1, 2, 3];

/** How many searches of a server ended since nobody waited for them any more. */
export async function cancelledSearches(server: TestServer): Promise<number> {
  const { text } = await server.get('/metrics');
  return Number(/search_duration_seconds_count\{end="cancelled"\} (\d+)/.exec(text)?.[1] ?? 0);
}

/** How many searches of a server wait for others to end. */
async function waitingSearches(server: TestServer): Promise<number> {
  const { text } = await server.get('/metrics');
  return Number(/search_queue_length\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
}

/** Waits until searches run, and at least one waits for them. */
export async function untilSearchesWait(server: TestServer): Promise<void> {
  await until(async () => (await waitingSearches(server)) > 0, 'the queue');
}

/**
 * Waits until all of {@link giveUp}'s searches have begun: one that is given up on its way never comes.
 * @param running how many run.
 */
export async function untilAllBegan(server: TestServer, running: () => Promise<number>): Promise<void> {
  await until(
    async () => (await running()) + (await waitingSearches(server)) >= SEARCHES.length,
    'the searches',
  );
}

/**
 * Searches several times at once, and closes the connections while they run or wait: all of the searches have to end.
 * @param untilBegun waits until they have begun.
 */
export async function giveUp(
  server: TestServer,
  search: () => supertest.Test,
  untilBegun: () => Promise<void> = () => untilSearchesWait(server),
): Promise<void> {
  const before = await cancelledSearches(server);
  const requests = SEARCHES.map(search);
  const ends = requests.map((request) =>
    request.then(
      ({ status }) => `answered with ${status}`,
      () => 'given up',
    ),
  );
  await untilBegun();
  for (const request of requests) request.abort();
  expect(await Promise.all(ends)).toEqual(SEARCHES.map(() => 'given up'));
  await until(
    async () => (await cancelledSearches(server)) === before + SEARCHES.length,
    'the end of the searches',
  );
}
