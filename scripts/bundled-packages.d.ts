/** A package in a bundle, with its licence. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** By its SPDX name. */
  readonly identifier: string;
  readonly text?: string;
}
