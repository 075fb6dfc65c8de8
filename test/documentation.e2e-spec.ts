import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { format } from 'prettier';
import { readSettings } from '../src/config/settings.js';
import { DEMO_HISTORY, writeDemoHistory } from '../src/demo/demo-history.js';
import { parseCurl, send, wordsOf } from './support/curl.js';
import { CliProcess } from './support/process.js';
import { ROOT } from './support/root.js';
import { copyOf, temporaryFolder, TestServer } from './support/server.js';
import { TEST_KEY } from './support/test-key.js';

/** Every page for people. */
const PAGES = [
  'README.md',
  ...inFolder('docs'),
  ...inFolder('docs/decisions'),
  'CONTRIBUTING.md',
  'client/README.md',
];

/** The page whose requests have an answer printed under them. */
const API = 'docs/api.md';

/** A request with the answer printed under it. */
const EXAMPLE = /```sh\n(curl [^\n]+)\n```\n\n```json\n([\s\S]*?)```/g;

/** Fields whose values differ from run to run. */
const VOLATILE = new Set(['uptime_seconds', 'index_age_seconds', 'version']);

/** `UPDATE_DOCS=1 npx jest test/documentation` writes the answers anew. */
const UPDATE = process.env.UPDATE_DOCS === '1';

function inFolder(folder: string): readonly string[] {
  return readdirSync(resolve(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

function read(page: string): string {
  return readFileSync(resolve(ROOT, page), 'utf8');
}

function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (VOLATILE.has(key) ? typeof item : item)));
}

/** The lines of all shell examples of a page that begin with a word. */
function lines(page: string, start: string): readonly string[] {
  const blocks = [...read(page).matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line.startsWith(start));
}

/** The name of a heading in links to it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

describe('what the documentation runs', () => {
  let stateDb: string;
  let id: string;
  let server: TestServer;
  let url: string;

  beforeAll(() => {
    stateDb = join(temporaryFolder(), 'state.db');
    id = writeDemoHistory(stateDb, DEMO_HISTORY) ?? '';
  });

  beforeEach(async () => {
    server = await TestServer.start(copyOf(stateDb), { TRASH_DIR: join(temporaryFolder(), 'trash') });
    await server.json('/v1/sessions');
    url = await server.app.getUrl();
  });

  afterEach(() => server.close());

  it('shows the requests and answers of this version, in its order', async () => {
    const text = read(API);
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
    if (UPDATE) writeFileSync(resolve(ROOT, API), updated);
  });

  it('has requests in the README that the demo answers, each with something', async () => {
    const commands = lines('README.md', 'curl ');
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const command of commands) {
      const response = await send(parseCurl(command, { URL: url, KEY: TEST_KEY, ID: id }));
      const body = await response.text();
      expect([command, response.status, body]).toEqual([
        command,
        200,
        expect.not.stringContaining('"total":0'),
      ]);
    }
  });

  it.each(PAGES.filter((page) => lines(page, 'node dist/cli.js ').length > 0))(
    'has commands in %s that do what they say',
    async (page) => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'dist'));
      for (const line of lines(page, 'node dist/cli.js ')) {
        const [, , ...args] = wordsOf(line.replace(/ +#.*/, ''));
        const environment = {
          STATE_DB: stateDb,
          API_SERVER_KEY: TEST_KEY,
          KEYS_FILE: join(folder, 'keys.json'),
        };
        const { code, stderr } = await new CliProcess(args, environment, { cwd: folder }).ended;
        expect([line, code, code === 0 ? '' : stderr]).toEqual([line, 0, '']);
      }
    },
  );
});

describe('the documentation', () => {
  it('names every setting', () => {
    const named = [...read('docs/settings.md').matchAll(/^\| `([A-Z0-9_]+)` +\|/gm)].map((match) => match[1]);
    const settings = readSettings({ STATE_DB: '/nowhere/state.db', API_SERVER_KEY: TEST_KEY });
    expect(named.sort()).toEqual(Object.keys(settings).sort());
  });

  it.each(PAGES)('has links in %s to what is there', (page) => {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? resolve(ROOT, page) : resolve(ROOT, dirname(page), path);
      expect([target, existsSync(file)]).toEqual([target, true]);
      if (anchor === undefined || !file.endsWith('.md')) continue;
      const anchors = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        anchorOf(heading),
      );
      expect([target, anchors.includes(anchor)]).toEqual([target, true]);
    }
  });

  it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('leads in %s to files that are there', (page) => {
    const paths = [
      ...read(page).matchAll(/`((?:bench|client|console|docs|examples|scripts|src|test)\/[\w./-]+)`/g),
    ];
    expect(paths.length).toBeGreaterThan(5);
    for (const [, path = ''] of paths) expect([path, existsSync(resolve(ROOT, path))]).toEqual([path, true]);
  });

  it('names only scripts that exist', () => {
    const manifest = JSON.parse(read('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    for (const page of PAGES) {
      for (const [, script = ''] of read(page).matchAll(/npm run ([\w:]+)/g))
        expect(manifest.scripts).toHaveProperty([script]);
    }
  });

  it('begins with a page that can be read at once', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(150);
  });
});
