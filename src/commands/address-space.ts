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
    return 'This process may not reserve the address space that Node.js needs: more than 10 GB, nearly all of which is never used. Lift that limit (ulimit -v, LimitAS= of systemd) and limit the memory itself instead (MemoryMax=, or that of a container).';
  }
}
