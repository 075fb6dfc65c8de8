import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ROOT } from './root.js';
import { temporaryFolder, type TestServer } from './server.js';

/** What one of Hermes's own servers was asked, and what it answered. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
}

const FOLDER = resolve(ROOT, '../shared/fixtures');

/** The file of a history that lies beside the project; undefined where it is not there. */
function recordedFile(name: string): string | undefined {
  const path = join(FOLDER, name);
  return existsSync(path) ? path : undefined;
}

/** The requests of a recording, in order; none where it is not there. */
export function recordedRequests(name: string): readonly RecordedRequest[] {
  const path = recordedFile(join('wire', `${name}.json`));
  return path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as readonly RecordedRequest[]);
}

/** A home with the histories that the recordings were made on: the main one, and a profile `work`. @returns the path of the main one. */
export function historyAsRecorded(): string {
  const home = temporaryFolder();
  const path = join(home, 'state.db');
  const work = join(home, 'profiles', 'work');
  mkdirSync(work, { recursive: true });
  copyFileSync(recordedFile('hermes-v25.db') ?? '', path);
  copyFileSync(recordedFile('hermes-v16.db') ?? '', join(work, 'state.db'));
  const db = new Sqlite(path);
  db.pragma('foreign_keys = OFF');
  db.exec(readFileSync(recordedFile('wire/seed.sql') ?? '', 'utf8'));
  db.close();
  return path;
}

/** What a recorded request is answered here. */
export interface Played {
  readonly request: RecordedRequest;
  readonly status: number;
  readonly answer: unknown;
}

/** Sends a recording in order. @param key what stands in place of the key that it was made with. */
export async function play(
  server: TestServer,
  name: string,
  requests: readonly RecordedRequest[],
  key: string,
): Promise<readonly Played[]> {
  const url = await server.app.getUrl();
  const played: Played[] = [];
  for (const request of requests) {
    const response = await fetch(`${url}${pathOf(request, name)}`, {
      method: request.method,
      headers: {
        ...Object.fromEntries(
          Object.entries(request.headers).map(([header, value]) => [header, value.replace('<key>', key)]),
        ),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
    });
    played.push({ request, status: response.status, answer: await response.json() });
  }
  return played;
}

/** Without its token nothing says that a request is meant for the dashboard, but a path of its own. */
function pathOf({ path, headers }: RecordedRequest, name: string): string {
  return name === 'dashboard' && !('x-hermes-session-token' in headers) ? `/dashboard${path}` : path;
}

/** When the recordings were made, in epoch seconds: any such time was made by the server itself. */
const RECORDED = { from: 1_795_000_000, to: 1_796_000_000 } as const;

/** An id that Hermes made: when, and a random part. */
const MADE_ID = /^api_\d{10}_[0-9a-f]{8}$/;

/** How two answers differ, each difference with where it is; without ids and times that servers make. */
export function differences(expected: unknown, actual: unknown, at = '$'): readonly string[] {
  if (isMadeTime(expected))
    return typeof actual === 'number' && actual > RECORDED.from / 2 ? [] : [told(at, expected, actual)];
  if (typeof expected === 'string' && MADE_ID.test(expected)) {
    return typeof actual === 'string' && MADE_ID.test(actual) ? [] : [told(at, expected, actual)];
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const lengths =
      expected.length === actual.length
        ? []
        : [`${at}: ${expected.length} items expected, ${actual.length} answered`];
    const items = expected.slice(0, actual.length) as readonly unknown[];
    return [
      ...lengths,
      ...items.flatMap((item, index) => differences(item, actual[index], `${at}[${index}]`)),
    ];
  }
  if (isObject(expected) && isObject(actual)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return names.flatMap((name) => differences(expected[name], actual[name], `${at}.${name}`));
  }
  return Object.is(expected, actual) ? [] : [told(at, expected, actual)];
}

function isMadeTime(value: unknown): boolean {
  return typeof value === 'number' && value > RECORDED.from && value < RECORDED.to;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function told(at: string, expected: unknown, actual: unknown): string {
  return `${at}: ${short(expected)} expected, ${short(actual)} answered`;
}

function short(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200);
}
