/** Milliseconds after which a file is no longer needed here: the browser reads it after the click has been dealt with. */
const KEPT = 60_000;

/** Hands a file to the browser, as a download. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, KEPT);
}
