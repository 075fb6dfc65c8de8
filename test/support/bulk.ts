import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import type { TestServer } from './server.js';

/** Path of the bulk endpoint. */
export const PATH = '/v1/sessions/bulk';

/** The answer to a successful bulk change. */
export async function bulk(server: TestServer, body: object): Promise<BulkSessionsResponse> {
  const response = await server.post(PATH, body);
  expect([response.status, response.body]).toEqual([200, expect.anything()]);
  return response.body as BulkSessionsResponse;
}

/** Applies a change to everything that a filter selects, batch by batch. @returns the answers. */
export async function doAll(server: TestServer, body: object): Promise<readonly BulkSessionsResponse[]> {
  const answers: BulkSessionsResponse[] = [];
  let { plan } = await bulk(server, body);
  while (typeof plan === 'string') {
    const answer = await bulk(server, { ...body, dry_run: false, plan });
    answers.push(answer);
    ({ plan } = answer);
  }
  return answers;
}

/** Sorted ids of one page of the list. */
export async function idsOf(server: TestServer, query: string): Promise<readonly string[]> {
  const { data } = await server.json<SessionListResponse>(`/v1/sessions?limit=200&${query}`);
  return data.map(({ id }) => id).sort();
}
