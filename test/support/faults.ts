import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Launch } from './process.js';
import { ServedHistory } from './served.js';
import { until } from './wait.js';

export type JournalMode = 'wal' | 'delete';

/** Requests that read different parts of the file. */
export const READS = [
  '/v1/sessions?limit=3',
  '/v1/sessions?search=tomatoes',
  '/v1/sessions/plain',
  '/v1/sessions/plain/messages',
  '/health/detailed',
];

/** The servers of the current test; each must survive it. */
export const servers: ServedHistory[] = [];

/** Starts a server and waits until it has answered each request once, so that files are open and caches are filled. */
export async function served(path: string, launch: Launch = {}): Promise<ServedHistory> {
  const server = await ServedHistory.start(path, {}, launch);
  servers.push(server);
  await hasAnsweredAll(server);
  return server;
}

/** Waits until a server is ready and has answered each request once. */
export async function hasAnsweredAll(server: ServedHistory): Promise<void> {
  await isReady(server);
  for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
}

/** Stops a server. It must still be running, and must not have reported errors. */
export async function stopped(server: ServedHistory): Promise<void> {
  const { status } = await server.get('/livez').catch(() => ({ status: server.process.soFar }));
  expect(status).toBe(200);
  await server.stop();
  expect(await server.process.ended).toMatchObject({ code: 0, stderr: '' });
}

/** Stops the servers of a test, which must have survived it. */
export async function stopAll(): Promise<void> {
  for (const server of servers.splice(0)) await stopped(server);
}

/** Waits for the readiness probe without sending other requests, like a load balancer. */
export async function isReady(server: ServedHistory): Promise<void> {
  await until(async () => (await server.get('/readyz')).status === 200, 'The server');
}

/** Runs SQL like another program. */
export function execute(path: string, sql: string): void {
  const db = new Sqlite(path);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

/** Overwrites 300 bytes at each position of a file. */
export function writeAt(path: string, positions: readonly number[]): void {
  const file = openSync(path, 'r+');
  for (const position of positions) writeSync(file, Buffer.alloc(300, 0xaa), 0, 300, position);
  closeSync(file);
}

/** Removes a history with its journals. */
export function removeAll(path: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal'])
    rmSync(path + ending, { force: true, recursive: true });
}

/** Replaces a history by a backup, like an owner who restores it. Its session `plain` gets a title. */
export function restore(path: string, backup: string, title: string): void {
  execute(backup, `UPDATE sessions SET title = '${title}' WHERE id = 'plain'`);
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) rmSync(path, { recursive: true });
  renameSync(backup, path);
}

/** The title of a session in the server's answer. */
export async function titleOf(server: ServedHistory, id: string): Promise<unknown> {
  const response = await server.get(`/v1/sessions/${encodeURIComponent(id)}`);
  return ((await response.json()) as { title: unknown }).title;
}
