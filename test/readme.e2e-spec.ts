import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'prettier';
import { writeDemoHistory } from '../src/demo/demo-history.js';
import { readSettings } from '../src/config/settings.js';
import { parseCurl, send } from './support/curl.js';
import { temporaryFolder, TestServer } from './support/server.js';
import { TEST_KEY } from './support/test-key.js';

const README = resolve(import.meta.dirname, '../README.md');

/** A request of the README with the answer printed under it. */
const EXAMPLE = /```sh\n(curl [^\n]+)\n```\n\n```json\n([\s\S]*?)```/g;

/** Fields whose values differ from run to run. */
const VOLATILE = new Set(['uptime_seconds', 'index_age_seconds', 'version']);

/** `UPDATE_README=1 npx jest test/readme` writes the answers anew. */
const UPDATE = process.env.UPDATE_README === '1';

function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (VOLATILE.has(key) ? typeof item : item)));
}

describe('the README', () => {
  const text = readFileSync(README, 'utf8');
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    const stateDb = join(temporaryFolder(), 'state.db');
    writeDemoHistory(stateDb, { conversations: 320, now: 1_779_278_400, seed: 2026 });
    server = await TestServer.start(stateDb);
    await server.json('/v1/sessions');
    url = await server.app.getUrl();
  });

  afterAll(() => server.close());

  it('shows the requests and answers of this version, in its order', async () => {
    const examples = [...text.matchAll(EXAMPLE)];
    expect(examples.length).toBeGreaterThanOrEqual(10);
    let updated = text;
    for (const [block, command = '', answer = ''] of examples) {
      const response = await send(parseCurl(command, { URL: url, KEY: TEST_KEY }));
      const body: unknown = await response.json();
      if (UPDATE) {
        const json = await format(JSON.stringify(body), { parser: 'json', printWidth: 110 });
        updated = updated.replace(block, () => `\`\`\`sh\n${command}\n\`\`\`\n\n\`\`\`json\n${json}\`\`\``);
        continue;
      }
      expect({ command, body: comparable(body) }).toEqual({
        command,
        body: comparable(JSON.parse(answer)),
      });
    }
    if (UPDATE) writeFileSync(README, updated);
  });

  it('names every setting', () => {
    const named = [...text.matchAll(/^\| `([A-Z0-9_]+)` +\|/gm)].map((match) => match[1]);
    const settings = readSettings({ STATE_DB: '/nowhere/state.db', API_SERVER_KEY: TEST_KEY });
    expect(named.sort()).toEqual(Object.keys(settings).sort());
  });

  it('names only commands that exist', () => {
    const manifest = JSON.parse(readFileSync(resolve(README, '../package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    for (const [, script = ''] of text.matchAll(/npm run ([\w:]+)/g))
      expect(manifest.scripts).toHaveProperty([script]);
  });
});
