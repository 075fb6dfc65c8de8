/** Has the browser keep the page's files, so that it opens while the server is away. Browsers do that over TLS and on this machine alone. */
export function keepPage(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // What somebody waits for comes first.
  addEventListener('load', () => {
    // Without it everything is as it is, but for a server that is away when the page is opened.
    navigator.serviceWorker.register('./worker.js').catch(() => undefined);
  });
}
