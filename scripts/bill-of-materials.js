import { execFileSync } from 'node:child_process';

/** A single SPDX licence id, as opposed to a licence expression. */
const ONE_LICENSE = /^[\w.+-]+$/;

/**
 * The CycloneDX bill of materials of an installed package: what npm reports as installed, plus the bundled packages.
 * @param folder where only that package was installed; npm requires it to have a name and a version.
 * @param name of the package.
 * @param bundled its bundled packages, as returned by `bundled-packages.js`.
 */
export function billOfMaterials(folder, name, bundled) {
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'];
  const bill = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }));
  const components = new Map(bill.components.map((each) => [each['bom-ref'], each]));
  const root = bill.components.find((each) => each.purl.startsWith(`${purlOf(name)}@`));
  const added = bundled.map(toComponent).filter((each) => !components.has(each['bom-ref']));
  for (const each of added) components.set(each['bom-ref'], each);
  const refs = [...components.keys()].filter((ref) => ref !== root['bom-ref']);
  const brought = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const bundledRefs = new Set(added.map((each) => each['bom-ref']));
  return {
    ...bill,
    // The references contain a local path.
    metadata: { ...bill.metadata, component: { ...root, externalReferences: [] } },
    components: refs.map((ref) => components.get(ref)),
    dependencies: [
      { ref: root['bom-ref'], dependsOn: [...brought.get(root['bom-ref']), ...bundledRefs] },
      ...refs.map((ref) => ({ ref, dependsOn: brought.get(ref) ?? [] })),
    ],
  };
}

function toComponent({ name, version, identifier }) {
  const license = ONE_LICENSE.test(identifier) ? { license: { id: identifier } } : { expression: identifier };
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `${purlOf(name)}@${version}`,
    licenses: [license],
  };
}

/** The package URL without the version. */
function purlOf(name) {
  return `pkg:npm/${name.replace('@', '%40')}`;
}
