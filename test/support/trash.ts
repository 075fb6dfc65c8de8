import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeletedSessionResponse } from '../../src/sessions/dto/deleted-session.response.js';
import type { TrashListResponse } from '../../src/trash/dto/trash-list.response.js';
import type { TestServer } from './server.js';

/** An entry in the list of the trash. */
export type TrashEntry = TrashListResponse['data'][number];

/** The caller's trash. */
export async function trashOf(server: TestServer, query = ''): Promise<readonly TrashEntry[]> {
  const { data } = await server.json<TrashListResponse>(`/v1/trash?${query}`);
  return data;
}

/** Moves a session to the trash. @returns its id there. */
export async function trash(server: TestServer, id: string, query = ''): Promise<string> {
  const response = await server.delete(`/v1/sessions/${encodeURIComponent(id)}?trash=true&${query}`);
  expect([response.status, response.body]).toEqual([200, expect.anything()]);
  return (response.body as DeletedSessionResponse).trash_id ?? '';
}

/** The code of an error answer. */
export function codeOf(response: { readonly body: unknown }): unknown {
  return (response.body as { readonly error?: { readonly code?: string } }).error?.code;
}

/** Paths of all files below a folder, sorted. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** The only file in a trash folder. */
export function onlyFile(folder: string): string {
  const [file = '', ...others] = filesIn(folder);
  expect(others).toEqual([]);
  return file;
}
