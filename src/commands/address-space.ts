/** Exists in every Node.js, but not in the types used here. */
declare const WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => unknown };

/**
 * Why a server would crash at its first answer, in one sentence; undefined if it would not. At that point Node.js loads its `fetch`, whose
 * WebAssembly module reserves 8 GiB of address space on 64-bit systems, and the failure of that is not reported.
 */
export function whyTooNarrow(): string | undefined {
  try {
    new WebAssembly.Memory({ initial: 1 });
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return 'This process is not allowed to reserve the address space that Node.js needs: more than 10 GB, most of it never used. Remove that limit (ulimit -v, LimitAS= in systemd) and limit actual memory instead (MemoryMax=, or the memory limit of the container).';
  }
}
