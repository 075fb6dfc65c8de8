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

/** Where the program lies in an image. */
const PROGRAM = 'app';

/** What is released besides packages. */
const FILES = ['dist', 'package.json', 'LICENSE'];

/** Brings a ready-made driver of SQLite while it is installed. */
const INSTALLER = 'prebuild-install';

/** What SQLite's driver is made of, and what its compiler leaves, but for the driver itself. */
const LEFT_OUT = /\/better-sqlite3\/(deps|src|build\/(?!Release$|Release\/better_sqlite3\.node$))/;

/** Whom the program runs as. */
const USER = { name: 'hermes', id: 1000 };

/** What Node.js and the system's libraries read. */
const SYSTEM_FILES = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\n${USER.name}:x:${USER.id}:${USER.id}::/tmp:/sbin/nologin\n`,
  'etc/group': `root:x:0:\n${USER.name}:x:${USER.id}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
};

/**
 * Lays out all that an image has: this Node.js with the libraries that it needs, and what is released of this built folder, with the
 * packages that it needs. There is no shell and no package manager in it.
 * @param root the folder that it is laid out in, which is made anew.
 */
export function layOutImage(root) {
  rmSync(root, { recursive: true, force: true });
  const node = join(root, 'usr/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  // Its symbols are for debuggers, and a seventh of it.
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
  // Where Hermes's folder is mounted, and what any program may write to.
  mkdirSync(join(root, 'hermes'));
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
}

/** The names of the packages that a manifest needs, and that these need, where they are installed. */
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

/** The paths of the libraries that the system's loader finds for a program or a library, its loader among them. */
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
