import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { billOfMaterials } from './bill-of-materials.js';

const ROOT = resolve(import.meta.dirname, '..');

/** Output folder of the files to publish. */
const RELEASE = join(ROOT, 'release');

/** The published packages, and their lists of bundled packages. */
const PACKAGES = [
  { folder: '.', bundled: ['dist/licenses.json', 'dist/console/page/licenses.json'] },
  { folder: 'client', bundled: [] },
];

function run(command, args, options = {}) {
  return execFileSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
}

function readJson(...path) {
  return JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'));
}

/** @throws {Error} if there are uncommitted changes, a version does not match, or the changelog has no dated section for it. */
function checkSources(version) {
  if (run('git', ['status', '--porcelain']) !== '')
    throw new Error('Commit first: there are changes in no commit.');
  const dated = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] . \\d{4}-\\d{2}-\\d{2}$`, 'm');
  if (!dated.test(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')))
    throw new Error(`CHANGELOG.md has no section for ${version} with its day.`);
  for (const { folder } of PACKAGES) {
    const manifest = readJson(folder, 'package.json');
    if (manifest.version !== version)
      throw new Error(`${manifest.name} has another version: ${manifest.version}.`);
  }
}

/** Packs a package and writes its bill of materials. @returns the path of the tarball. */
function releasePackage({ folder, bundled }) {
  const { name, version } = readJson(folder, 'package.json');
  const [{ filename }] = JSON.parse(
    // Without scripts, since both packages are already built.
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', RELEASE], {
      cwd: join(ROOT, folder),
    }),
  );
  const tarball = join(RELEASE, filename);
  const installed = mkdtempSync(join(tmpdir(), 'hermes-sessions-release-'));
  try {
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: 'installed', version: '0.0.0' }));
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball], { cwd: installed });
    const bill = billOfMaterials(
      installed,
      name,
      bundled.flatMap((path) => readJson(path)),
    );
    writeFileSync(tarball.replace(/\.tgz$/, `.cdx.json`), JSON.stringify(bill, null, 2));
  } finally {
    rmSync(installed, { recursive: true });
  }
  process.stdout.write(`${name} ${version}: ${tarball}\n`);
  return tarball;
}

const { version } = readJson('package.json');
checkSources(version);
rmSync(RELEASE, { recursive: true, force: true });
mkdirSync(RELEASE);
run('npm', ['run', 'build'], { stdio: 'inherit' });
const tarballs = PACKAGES.map(releasePackage);
process.stdout.write(`
Where each of them was built and by what is told by its provenance, which npm makes where a workflow publishes it that its registry
knows (\`id-token: write\` on GitHub, or a trusted publisher):

${tarballs.map((path) => `  npm publish --provenance --access public ${path}`).join('\n')}
`);
