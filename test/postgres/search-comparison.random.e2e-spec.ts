import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { writeDemoHistory } from '../../src/demo/demo-history.js';
import { SCHEMA_VERSIONS, type SchemaVersion } from '../../src/demo/state-db/schema.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { createDatabase } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { atLength, checkRounds } from '../support/rounds.js';
import { ROOT } from '../support/root.js';
import { copyOf, temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

const FIXTURES = resolve(ROOT, '../shared/fixtures');

/** Versions of the layout, and histories of Hermes's own, that both stores are asked about. */
const ASKED = {
  versions: atLength<readonly SchemaVersion[]>(SCHEMA_VERSIONS, [6, 31]),
  files: atLength(['hermes-v6', 'hermes-v16', 'hermes-v25', 'hermes-v25-cjk'], ['hermes-v25-cjk']),
};

/** Histories that both stores are asked about. */
function histories(): readonly (readonly [name: string, make: () => string])[] {
  const demo = (): string => {
    const path = join(temporaryFolder(), 'state.db');
    writeDemoHistory(path, { conversations: 300, now: 1_777_636_800, seed: 7 });
    return path;
  };
  const own = ASKED.versions.map((version) => [`version ${version}`, () => smallHistory(version)] as const);
  const fixtures = ASKED.files.map((name) => [name, () => copyOf(join(FIXTURES, `${name}.db`))] as const);
  if (existsSync(FIXTURES)) return [['the demo', demo], ...own, ...fixtures];
  process.stdout.write(`Real files are not compared: there is no folder ${FIXTURES}\n`);
  return [['the demo', demo], ...own];
}

/** Texts that people search for. */
const TEXTS = [
  ...[
    'irrigation',
    'tomatoes',
    'kubernetes',
    'docker compose',
    '"docker compose"',
    'deploy*',
    'chat-send',
    'P2.2',
  ],
  ...[
    'the',
    'a',
    'the NOT a',
    'docker OR garden',
    'water AND often',
    '"water often"',
    'crea*',
    'Crème',
    'terminal',
  ],
  ...[
    '東京',
    '部署',
    '部署计划',
    '안녕하세요',
    '语',
    'テスト',
    '東京 OR docker',
    'docker 部署',
    '🚀',
    'x',
    '1',
    '2026',
  ],
  ...['→', '❤️', 'API', 'SQLite', '年'],
  ...['my-app.config.ts', 'README.md', '/etc/hosts', 'error*', 'NOT', '"', 'naïve café', 'ÜBER', 'a b c d e'],
];

interface Answer {
  readonly total: number;
  readonly hidden: unknown;
  readonly hits: readonly unknown[];
}

async function ask(server: TestServer, query: string): Promise<Answer> {
  const list = await server.json<SessionListResponse>(`/v1/sessions?limit=200&sort=-started_at&${query}`);
  return {
    total: list.total,
    hidden: list.hidden,
    hits: list.data.map(({ id, match }) => [id, match]),
  };
}

describe.each(histories())('searching %s', (_name, make) => {
  let file: TestServer;
  let database: TestServer;
  let shipper: TestShipper;

  beforeAll(async () => {
    const path = make();
    const url = await createDatabase();
    shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    file = await TestServer.onFile(path);
    database = await TestServer.onDatabase(url);
  });

  afterAll(async () => {
    await shipper.stop();
    await file.close();
    await database.close();
  });

  const compare = async (query: string): Promise<void> => {
    expect([query, await ask(database, query)]).toEqual([query, await ask(file, query)]);
  };

  it.each(TEXTS)('finds the same in the file and in the database: %s', async (text) => {
    const search = `search=${encodeURIComponent(text)}`;
    await compare(search);
    await compare(`${search}&include_children=true`);
    await compare(`${search}&archived=any&platform=cli,telegram`);
  });

  it('finds the same whatever is typed', async () => {
    const piece = fc.oneof(
      fc.constantFrom(...TEXTS, 'AND', 'OR', 'NOT', '*', '(', ':', '-'),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(' '));
    await checkRounds(
      fc.asyncProperty(text, async (typed) => {
        await compare(`search=${encodeURIComponent(typed)}`);
      }),
      60,
    );
  });
});
