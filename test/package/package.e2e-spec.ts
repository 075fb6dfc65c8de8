import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials } from '../../scripts/bill-of-materials.js';
import type { BundledPackage } from '../../scripts/bundled-packages.js';
import { filesIn } from '../setup/compile.js';
import { buildConsolePage } from '../support/console-page.js';
import { CliProcess } from '../support/process.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder } from '../support/server.js';
import { startWithSettings } from '../support/starts.js';

/** What the program may take where it is installed: on disk, and in packages besides those that its driver's installer brings. */
const MAX_BYTES = 60e6;
const MAX_PACKAGES = 10;

/** The driver of SQLite. Its installer, which fetches a ready-made binary of it, has more packages than all the rest. */
const DRIVER = 'better-sqlite3';

/** Has npm fetch nothing. */
const WITHOUT_NETWORK = { npm_config_offline: 'true', npm_config_registry: 'http://127.0.0.1:9' };

/** A place as a newcomer's: an empty folder, and a home without settings. */
class EmptyPlace {
  readonly folder = temporaryFolder();
  readonly #home = temporaryFolder();

  get environment(): Readonly<Record<string, string>> {
    return { PATH: process.env.PATH ?? '', HOME: this.#home, TMPDIR: this.#home };
  }

  run(program: string, args: readonly string[], settings: Readonly<Record<string, string>>): string {
    const env = { ...this.environment, ...settings };
    return execFileSync(program, args, { cwd: this.folder, encoding: 'utf8', env });
  }
}

/** Where npm finds packages in this folder, so that it fetches what it has fetched before only if it must. */
function registryOfHere(): Readonly<Record<string, string>> {
  const setting = (name: string): string =>
    execFileSync('npm', ['config', 'get', name], { cwd: ROOT, encoding: 'utf8' }).trim();
  return {
    npm_config_cache: setting('cache'),
    npm_config_registry: setting('registry'),
    npm_config_prefer_offline: 'true',
  };
}

/** @returns the path of the file that would be released of a folder. */
function pack(folder: string, destination: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const output = execFileSync('npm', args, { cwd: join(ROOT, folder), encoding: 'utf8' });
  const [packed] = JSON.parse(output) as readonly { readonly filename: string }[];
  return join(destination, packed?.filename ?? '');
}

function bytesIn(folder: string): number {
  return filesIn(folder).reduce((sum, path) => sum + lstatSync(path).size, 0);
}

/** A package as `npm ls --json` shows it, with what it brings. */
interface Installed {
  /** Of none that is for another platform. */
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Installed>>;
}

/** The names of all packages below one, without those that one of them brings. */
function namesBelow({ dependencies = {} }: Installed, closed = ''): ReadonlySet<string> {
  return new Set(
    Object.entries(dependencies)
      .filter(([, { version }]) => version !== undefined)
      .flatMap(([name, below]) => [name, ...(name === closed ? [] : namesBelow(below, closed))]),
  );
}

describe('the packages that are released', () => {
  const place = new EmptyPlace();
  const modules = join(place.folder, 'node_modules');
  const tarballs = temporaryFolder();
  let program: string;
  let client: string;
  let bytesOfProgram: number;
  let installed: Installed;

  beforeAll(() => {
    buildConsolePage();
    // Where nobody has built anything yet there are no types.
    if (!existsSync(join(ROOT, 'client/dist/index.d.ts')))
      execFileSync('npm', ['run', '--silent', 'build', '-w', 'client'], { cwd: ROOT, stdio: 'pipe' });
    [program, client] = [pack('.', tarballs), pack('client', tarballs)];
    writeFileSync(join(place.folder, 'package.json'), JSON.stringify({ name: 'place', version: '0.0.0' }));
    // What the driver's installer makes takes minutes where it has to compile: it is taken from this folder.
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
    place.run('npm', [...install, program], registryOfHere());
    cpSync(join(ROOT, 'node_modules', DRIVER, 'build'), join(modules, DRIVER, 'build'), { recursive: true });
    bytesOfProgram = bytesIn(modules);
    installed = JSON.parse(place.run('npm', ['ls', '--all', '--json'], WITHOUT_NETWORK)) as Installed;
    place.run('npm', [...install, client], registryOfHere());
  });

  it('serve the demo from an empty folder, without a network, to the client that lies beside it', async () => {
    const version = place.run('npx', ['hermes-sessions', '--version'], WITHOUT_NETWORK);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    const demo = new CliProcess(['demo', '--port', '0'], place.environment, {
      cwd: place.folder,
      program: join(modules, '.bin/hermes-sessions'),
    });
    const [, url = '', key = ''] = await demo.printed(/export URL=(\S+) KEY=(\S+)/);
    for (const path of ['/v1/sessions', '/v1/sessions?search=kubernetes', '/docs/', '/console/', '/readyz']) {
      const { status } = await fetch(url + path, { headers: { Authorization: `Bearer ${key}` } });
      expect([path, status]).toEqual([path, 200]);
    }
    writeFileSync(
      join(place.folder, 'first.mjs'),
      `import { HermesSessions } from '@hermes-sessions/client';
      const history = new HermesSessions({ baseUrl: process.env.URL, key: process.env.KEY });
      for await (const { id } of history.conversations({ search: 'kubernetes' })) { console.log(id); break; }`,
    );
    const first = new CliProcess([], { URL: url, KEY: key }, { program: join(place.folder, 'first.mjs') });
    expect(await first.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d{8}_\d{6}_\w+\n$/),
    });
    demo.kill('SIGTERM');
    expect((await demo.ended).code).toBe(0);
  });

  it('start with each setting that changes what is loaded', async () => {
    await startWithSettings(join(modules, 'hermes-sessions/dist/cli.js'));
  });

  it.each(['.', 'client'])(
    'are built where they are packed, so that none is without its program: %s',
    (folder) => {
      const { scripts } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
        readonly scripts: object;
      };
      const sources = new EmptyPlace();
      const build = `node -e "require('fs').mkdirSync('dist'), require('fs').writeFileSync('dist/built', '')"`;
      const manifest = { name: 'sources', version: '0.0.0', files: ['dist'], scripts: { ...scripts, build } };
      writeFileSync(join(sources.folder, 'package.json'), JSON.stringify(manifest));
      sources.run('npm', ['pack', '--silent'], WITHOUT_NETWORK);
      const packed = sources.run('tar', ['-tzf', 'sources-0.0.0.tgz'], {});
      expect(packed.split('\n')).toContain('package/dist/built');
    },
  );

  it('take little room', () => {
    expect(bytesOfProgram).toBeLessThanOrEqual(MAX_BYTES);
    expect(namesBelow(installed)).toContain(DRIVER);
    expect([...namesBelow(installed, DRIVER)].length).toBeLessThanOrEqual(MAX_PACKAGES);
  });

  it('are told of in a bill of materials with all that is bundled', () => {
    const bundled = ['dist/licenses.json', 'dist/console/page/licenses.json'].flatMap(
      (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as readonly BundledPackage[],
    );
    for (const { name, identifier } of bundled)
      expect([name, identifier]).toEqual([name, expect.stringMatching(/\w/)]);
    const bill = billOfMaterials(place.folder, 'hermes-sessions', bundled);
    const refs = bill.components.map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    for (const name of [DRIVER, 'fastify', 'pg', 'react', 'typeorm'])
      expect(refs).toContainEqual(expect.stringMatching(new RegExp(`^${name}@\\d`)));
    const known = [...refs, bill.metadata.component['bom-ref']];
    expect(bill.dependencies.map(({ ref }) => ref).sort()).toEqual(known.sort());
    expect(known).toEqual(expect.arrayContaining(bill.dependencies.flatMap(({ dependsOn }) => dependsOn)));
  });

  it('have manifests, modules and types that others can use', () => {
    for (const tarball of [program, client])
      execFileSync('npx', ['publint', 'run', '--strict', tarball], { cwd: ROOT, stdio: 'pipe' });
    // It is for programs that are ES modules.
    execFileSync('npx', ['attw', client, '--ignore-rules', 'cjs-resolves-to-esm'], {
      cwd: ROOT,
      stdio: 'pipe',
    });
  });
});
