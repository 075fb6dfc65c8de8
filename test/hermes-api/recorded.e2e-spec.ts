import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { differences, recordedFile, recordedRequests, type RecordedRequest } from '../support/recorded.js';
import { TestServer, temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

/** A version of its own. */
const VERSION = /^\$\.version: /;

/** What needs an agent is off where there is none, and what this server can do beside Hermes stands beside it. */
const CAPABILITIES = [
  VERSION,
  /^\$\.auth\.scopes: nothing expected/,
  /^\$\.runtime\./,
  /^\$\.(features|endpoints)\.\w+: nothing expected/,
  /^\$\.features\.(\w*(chat|response|run_|approval|tool|model|skills)\w*): true expected, (false|nothing) answered$/,
  /^\$\.features\.\w+: false expected, nothing answered$/,
  /^\$\.features\.session_(continuity|key)_header: /,
  /^\$\.endpoints\.(\w*(model|chat|response|run|skills|toolsets)\w*): .* nothing answered$/,
];

/** What is not as it was recorded, and why. */
const OTHERWISE: Readonly<Record<string, readonly RegExp[]>> = {
  'api-server 0 GET /health': [VERSION],
  'api-server 1 GET /v1/health': [VERSION],
  'api-server 2 GET /v1/capabilities': CAPABILITIES,
  'api-server-profiles 5 GET /p/work/v1/capabilities': CAPABILITIES,
  'api-server-profiles 6 GET /p/work/health': [VERSION],
};

interface Played {
  readonly request: RecordedRequest;
  readonly status: number;
  readonly answer: unknown;
}

/** Plays a recording in order on a server over the same history, which its requests change. */
async function play(requests: readonly RecordedRequest[]): Promise<readonly Played[]> {
  const server = await TestServer.onFile(historyAsRecorded(), { PROFILES: 'on' });
  const url = await server.app.getUrl();
  const played: Played[] = [];
  for (const request of requests) {
    const response = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        ...Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, value.replace('<key>', TEST_KEY)]),
        ),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
    });
    played.push({ request, status: response.status, answer: await response.json() });
  }
  await server.close();
  return played;
}

function historyAsRecorded(): string {
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

describe.each(['api-server', 'api-server-profiles'])("what Hermes's own server answered: %s", (name) => {
  const requests = recordedRequests(name);

  if (requests.length === 0) {
    it.skip('is compared: skipped, there is no such recording beside the project', () => undefined);
    return;
  }

  let played: readonly Played[] = [];

  beforeAll(async () => {
    played = await play(requests);
  });

  it.each(requests.map(({ method, path }, index) => [`${index} ${method} ${path}`, index] as const))(
    '%s is answered alike',
    (title, index) => {
      const { request, status, answer } = played[index] as Played;
      const allowed = OTHERWISE[`${name} ${title}`] ?? [];
      const found = [
        ...differences(request.status, status, 'status'),
        ...differences(request.answer, answer),
      ];
      expect(found.filter((difference) => !allowed.some((pattern) => pattern.test(difference)))).toEqual([]);
    },
  );
});
