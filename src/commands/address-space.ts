/** Every Node.js has it, and the types of none. */
declare const WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => unknown };

/**
 * Why a server would end with its first answer, in one sentence; undefined where it would not. With that Node.js loads its `fetch`, whose part in
 * WebAssembly has 8 GiB of addresses for itself on systems of 64 bits, and nobody hears that they were refused.
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
