import { availableParallelism } from 'node:os';
import { isPostgres, type TestServer } from './server.js';
import type supertest from 'supertest';
import { until } from './wait.js';

/** A search for each processor, and one more: some of them are queued by Hermes's own store, which has a thread for each processor but one. */
const MOST = isPostgres() ? 3 : availableParallelism() + 1;
export const SEARCHES = Array.from({ length: MOST }, (_, at) => at);

/** How many searches of a server were cancelled by their clients. */
export async function cancelledSearches(server: TestServer): Promise<number> {
  const { text } = await server.get('/metrics');
  return Number(/search_duration_seconds_count\{end="cancelled"\} (\d+)/.exec(text)?.[1] ?? 0);
}

/** How many searches of a server are queued. */
async function waitingSearches(server: TestServer): Promise<number> {
  const { text } = await server.get('/metrics');
  return Number(/search_queue_length\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
}

/** Waits until searches run and at least one is queued. */
export async function untilSearchesWait(server: TestServer): Promise<void> {
  await until(async () => (await waitingSearches(server)) > 0, 'the queue');
}

/**
 * Waits until all searches of {@link giveUp} have arrived: a request aborted before that would never arrive.
 * @param running returns the number of running searches.
 */
export async function untilAllBegan(server: TestServer, running: () => Promise<number>): Promise<void> {
  await until(
    async () => (await running()) + (await waitingSearches(server)) >= SEARCHES.length,
    'the searches',
  );
}

/**
 * Starts several searches and closes their connections while they run or are queued. All of them must end.
 * @param untilBegun waits until they have started.
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
