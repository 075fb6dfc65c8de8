import { accessSync, constants } from 'node:fs';
import { isBuiltin } from 'node:module';
import { delimiter, join } from 'node:path';

/** Programs that some tests need besides Node and its packages: their paths, and the tests that need them. */
export const NEEDS = {
  chromium: {
    name: 'Chromium',
    // Headless builds are a third faster.
    path:
      process.env.CHROMIUM ??
      firstOf('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'),
    tests: 'the console in a browser (CHROMIUM names one)',
  },
  newerNode: {
    name: 'Node 22.13',
    path: isBuiltin('node:sqlite')
      ? process.execPath
      : (process.env.NEWER_NODE ?? firstOf('node22', 'node24')),
    tests: 'deletion of what the driver does not read (NEWER_NODE names one)',
  },
  nginx: { name: 'nginx', path: firstOf('nginx'), tests: 'the documented nginx example' },
  openssl: { name: 'openssl', path: firstOf('openssl'), tests: 'the documented nginx example' },
  pgbouncer: {
    name: 'PgBouncer',
    path: firstOf('pgbouncer', '/usr/sbin/pgbouncer'),
    tests: 'a pooler in transaction mode',
  },
  podman: { name: 'Podman', path: firstOf('podman'), tests: 'the container image' },
  promtool: {
    name: 'promtool (prometheus)',
    path: firstOf('promtool'),
    tests: 'the rules for alerts, by Prometheus itself',
  },
  python: {
    name: 'Python',
    path: firstOf('python3'),
    tests: "the Python example, and what this server leaves for Hermes's own SQLite",
  },
  runc: { name: 'runc', path: firstOf('runc', '/usr/sbin/runc'), tests: 'the container image' },
  strip: { name: 'strip (binutils)', path: firstOf('strip'), tests: 'the container image' },
};

/** The path of the first installed program. */
function firstOf(...programs) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
