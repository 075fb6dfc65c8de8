import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { layOutImage } from '../../scripts/image-root.js';
import { buildConsolePage } from '../support/console-page.js';
import { atFileEnd } from '../support/file-end.js';
import { freePort } from '../support/free-port.js';
import { smallHistory } from '../support/histories.js';
import { describeWith } from '../support/needs.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const IMAGE = 'hermes-sessions';

/** What the image may take, in bytes. */
const MAX_BYTES = 150e6;

/** Whom it runs as. */
const USER = 1000;

/** Where images and containers of this file are kept. */
const place = temporaryFolder();

/** Podman without a daemon, and with limits that a machine grants which is itself confined. */
function podman(...args: readonly string[]): string {
  const places = ['--root', join(place, 'store'), '--runroot', join(place, 'run')];
  const ways = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--runtime', 'runc'];
  return execFileSync('podman', [...places, ...ways, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** Only root may give files to somebody else; of others, the user itself is whom the image runs as. */
const IS_ROOT = process.getuid?.() === 0;

const CONFINED = [
  ...(IS_ROOT ? [] : [`--userns=keep-id:uid=${USER},gid=${USER}`]),
  ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000', '--network', 'host'],
  ...['--read-only', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

function own(path: string): void {
  if (IS_ROOT) chownSync(path, USER, USER);
}

/** A folder that belongs to whom the image runs as. */
function ownFolder(files: readonly string[] = []): string {
  const folder = temporaryFolder();
  for (const file of files) copyFileSync(file, join(folder, 'state.db'));
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) own(path);
  chmodSync(folder, 0o700);
  return folder;
}

/**
 * Builds what the image has at its end. Its first stage installs and builds what lies here already, installed and built; what it leaves is
 * made here by the same script.
 */
function build(): void {
  buildConsolePage();
  const stage = join(place, 'build');
  layOutImage(join(stage, 'image'));
  for (const name of ['index', 'keys']) mkdirSync(join(stage, name), { mode: 0o700 });
  const containerfile = readFileSync(resolve(ROOT, 'Containerfile'), 'utf8');
  const path = join(place, 'Containerfile');
  writeFileSync(path, containerfile.slice(containerfile.indexOf('FROM scratch')));
  const context = join(place, 'empty');
  mkdirSync(context);
  const ways = ['--format', 'docker', '--isolation', 'chroot', '--layers=false'];
  podman('build', ...ways, '--build-context', `build=${stage}`, '--file', path, '--tag', IMAGE, context);
}

describeWith(['podman', 'runc', 'strip'], 'the image', () => {
  beforeAll(build);

  it('is small, and has nobody to run as who may do everything', () => {
    const [image] = JSON.parse(podman('image', 'inspect', IMAGE)) as readonly {
      readonly Size: number;
      readonly Config: { readonly User: string };
    }[];
    expect(image?.Size).toBeLessThanOrEqual(MAX_BYTES);
    expect(image?.Config.User).toBe(`${USER}:${USER}`);
  });

  it('serves a history that is mounted below a path, with a root file system that nobody can write to, and is healthy', async () => {
    const [port, history, index] = [await freePort(), ownFolder([smallHistory(25)]), ownFolder()];
    const name = `hermes-sessions-test-${port}`;
    const environment = {
      PORT: port,
      HOST: '127.0.0.1',
      API_SERVER_KEY: TEST_KEY,
      BASE_PATH: '/tools/hermes/',
    };
    const settings = Object.entries(environment).flatMap(([setting, value]) => ['-e', `${setting}=${value}`]);
    const volumes = ['-v', `${history}:/hermes`, '-v', `${index}:/index`, '-v', `${ownFolder()}:/keys`];
    podman('run', '--detach', '--name', name, ...CONFINED, ...settings, ...volumes, IMAGE);
    atFileEnd(() => podman('rm', '--force', '--ignore', name));
    const isHealthy = (): boolean => {
      try {
        podman('healthcheck', 'run', name);
        return true;
      } catch {
        return false;
      }
    };
    await until(isHealthy, 'a healthy container');
    const answer = await fetch(`http://127.0.0.1:${port}/tools/hermes/v1/sessions`, {
      headers: { Authorization: `Bearer ${TEST_KEY}` },
    });
    expect(await answer.json()).toMatchObject({ object: 'list', total: expect.any(Number) });
    const inside = "[process.getuid(), require('fs').accessSync('/app/dist/cli.js')]";
    expect(podman('exec', name, 'node', '-p', inside)).toBe('[ 1000, undefined ]');
    expect(() => podman('exec', name, 'node', '-e', "require('fs').writeFileSync('/app/x', '')")).toThrow(
      'EROFS',
    );
    expect(
      podman('exec', name, 'node', 'dist/cli.js', 'keys', 'create', 'more', '--scope', 'sessions:read'),
    ).toMatch(/^hsk_/);
    expect(readdirSync(index)).not.toEqual([]);
    podman('stop', name);
    expect(podman('inspect', name, '--format', '{{.State.ExitCode}}')).toBe('0');
  });

  it('takes the keys of a Secret as the manifest for Kubernetes has them copied', () => {
    const [secret, keys] = [ownFolder(), ownFolder()];
    for (const name of ['keys.json', 'keys.json.sign-in-secret']) {
      writeFileSync(join(secret, name), '{ "version": 1, "keys": [] }', { mode: 0o640 });
      if (IS_ROOT) chownSync(join(secret, name), 0, USER);
    }
    const [command = '', ...args] = initCommand();
    const volumes = ['-v', `${secret}:/secret`, '-v', `${keys}:/keys`];
    podman('run', '--rm', '--entrypoint', command, ...CONFINED, ...volumes, IMAGE, ...args);
    expect(statSync(join(keys, 'own/keys.json')).mode & 0o777).toBe(0o600);
    const settings = ['-e', 'KEYS_FILE=/keys/own/keys.json'];
    podman('run', '--rm', ...CONFINED, ...settings, ...volumes, IMAGE, 'keys', 'list');
  });
});

/** What the manifest for Kubernetes has done before a server starts. */
function initCommand(): readonly string[] {
  const manifest = readFileSync(resolve(ROOT, 'docs/operations/kubernetes.yaml'), 'utf8');
  const deployment = parseAllDocuments(manifest, { merge: true })
    .map((document) => document.toJS() as { readonly kind: string })
    .find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: {
      readonly template: {
        readonly spec: {
          readonly initContainers: readonly {
            readonly command: readonly string[];
            readonly args: readonly string[];
          }[];
        };
      };
    };
  };
  const [container] = deployment.spec.template.spec.initContainers;
  return [...(container?.command ?? []), ...(container?.args ?? [])];
}
