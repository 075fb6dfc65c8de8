import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/** Path of the program in the image. */
const PROGRAM = 'app';

/** Released files besides packages. */
const FILES = ['dist', 'package.json', 'LICENSE'];

/** Downloads the prebuilt SQLite driver during installation; not needed afterwards. */
const INSTALLER = 'prebuild-install';

/** Sources and build leftovers of the SQLite driver, all but the driver itself. */
const LEFT_OUT = /\/better-sqlite3\/(deps|src|build\/(?!Release$|Release\/better_sqlite3\.node$))/;

/** The user that runs the program. */
const USER = { name: 'hermes', id: 1000 };

/** Files that Node.js and the system libraries read. */
const SYSTEM_FILES = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\n${USER.name}:x:${USER.id}:${USER.id}::/tmp:/sbin/nologin\n`,
  'etc/group': `root:x:0:\n${USER.name}:x:${USER.id}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
};

/**
 * Creates the content of an image: this Node.js with the libraries that it needs, and the release of this built folder with its packages. There is no
 * shell and no package manager.
 * @param root the output folder, which is emptied first.
 */
export function layOutImage(root) {
  rmSync(root, { recursive: true, force: true });
  const node = join(root, 'usr/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  // Its symbols are only for debuggers, and are a seventh of its size.
  execFileSync('strip', [node]);
  for (const name of FILES) cpSync(join(ROOT, name), join(root, PROGRAM, name), { recursive: true });
  for (const name of packagesOf(join(ROOT, 'package.json'))) copyPackage(name, root);
  const driver = join(root, PROGRAM, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');
  for (const path of [...librariesOf(node), ...librariesOf(driver)]) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  for (const [path, text] of Object.entries(SYSTEM_FILES)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  // The mount point of Hermes's folder, and a writable temporary folder.
  mkdirSync(join(root, 'hermes'));
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
}

/** The names of a manifest's installed dependencies, recursively. */
function packagesOf(manifest) {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  const names = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    (name) => name !== INSTALLER && existsSync(folderOf(name)),
  );
  return new Set(names.flatMap((name) => [name, ...packagesOf(join(folderOf(name), 'package.json'))]));
}

function folderOf(name) {
  return join(ROOT, 'node_modules', name);
}

function copyPackage(name, root) {
  cpSync(folderOf(name), join(root, PROGRAM, 'node_modules', name), {
    recursive: true,
    filter: (path) => !LEFT_OUT.test(path),
  });
}

/** Paths of the shared libraries that a program or library needs, including the loader. */
function librariesOf(path) {
  return [...execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(
    ([, library]) => library,
  );
}

if (process.argv[1] === import.meta.filename) {
  const [, , root] = process.argv;
  if (root === undefined) throw new Error(`usage: node ${basename(import.meta.filename)} FOLDER`);
  layOutImage(resolve(root));
}
