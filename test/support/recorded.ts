import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from './root.js';

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
export function recordedFile(name: string): string | undefined {
  const path = join(FOLDER, name);
  return existsSync(path) ? path : undefined;
}

/** The requests of a recording, in order; none where it is not there. */
export function recordedRequests(name: string): readonly RecordedRequest[] {
  const path = recordedFile(join('wire', `${name}.json`));
  return path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as readonly RecordedRequest[]);
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
