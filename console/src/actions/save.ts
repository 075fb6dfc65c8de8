/** How long the object URL is kept, in milliseconds: the browser reads the file only after the click. */
const KEPT = 60_000;

/** Downloads a blob as a file. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, KEPT);
}
