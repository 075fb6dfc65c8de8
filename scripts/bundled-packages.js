import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The package folder of a module; packages may be nested. */
const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** File names of licence texts. */
const LICENSE_FILE = /^(licen[cs]e|copying)\b/i;

/**
 * The packages in a bundle with their licences, in the format that Vite writes for the console.
 * @param output Rolldown's output.
 */
export function packagesIn(output) {
  const modules = output.flatMap(({ moduleIds = [] }) => moduleIds);
  const folders = new Set(modules.flatMap((path) => PACKAGE_FOLDER.exec(path) ?? []));
  return [...folders].map(packageAt).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function packageAt(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => LICENSE_FILE.test(each));
  return {
    name,
    version,
    identifier: license,
    ...(file === undefined ? {} : { text: readFileSync(join(folder, file), 'utf8').trim() }),
  };
}
