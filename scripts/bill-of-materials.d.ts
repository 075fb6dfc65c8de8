import type { BundledPackage } from './bundled-packages.js';

interface Component {
  readonly 'bom-ref': string;
}

export function billOfMaterials(
  folder: string,
  name: string,
  bundled: readonly BundledPackage[],
): {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
};
