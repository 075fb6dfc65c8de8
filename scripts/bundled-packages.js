import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the package that a module belongs to: packages may lie within others. */
const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** What a package calls the text of its licence. */
const LICENSE_FILE = /^(licen[cs]e|copying)\b/i;

/**
 * The packages whose modules are in a bundle, each with the licence that must go with it, in the form in which Vite tells them of the
 * console's page.
 * @param output what Rolldown wrote.
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
