import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Launch } from './process.js';
import { ServedHistory } from './served.js';
import { until } from './wait.js';

export type JournalMode = 'wal' | 'delete';

/** What clients ask for, with different parts of the file behind each. */
export const READS = [
  '/v1/sessions?limit=3',
  '/v1/sessions?search=tomatoes',
  '/v1/sessions/plain',
  '/v1/sessions/plain/messages',
  '/health/detailed',
];

/** Servers of the running test; each must have survived it. */
export const servers: ServedHistory[] = [];

/** A server that is ready and has answered everything once, so that it has open and remembered what it can. */
export async function served(path: string, launch: Launch = {}): Promise<ServedHistory> {
  const server = await ServedHistory.start(path, {}, launch);
  servers.push(server);
  await hasAnsweredAll(server);
  return server;
}

/** Waits until a server is ready, and has it answer everything once. */
export async function hasAnsweredAll(server: ServedHistory): Promise<void> {
  await isReady(server);
  for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
}

/** Stops a server, which must have survived until now, and have nothing to complain of. */
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

/** Waits until the probe says that requests can be answered; asks nothing else, as a load balancer does. */
export async function isReady(server: ServedHistory): Promise<void> {
  await until(async () => (await server.get('/readyz')).status === 200, 'The server');
}

/** Runs SQL as another program would. */
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

/** Puts another history in the place of what is there, as an owner does who restores a backup; its session `plain` gets a title. */
export function restore(path: string, backup: string, title: string): void {
  execute(backup, `UPDATE sessions SET title = '${title}' WHERE id = 'plain'`);
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) rmSync(path, { recursive: true });
  renameSync(backup, path);
}

/** The title of a session as the server tells it. */
export async function titleOf(server: ServedHistory, id: string): Promise<unknown> {
  const response = await server.get(`/v1/sessions/${encodeURIComponent(id)}`);
  return ((await response.json()) as { title: unknown }).title;
}
