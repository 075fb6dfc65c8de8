/**
 * Installs the service worker that caches the page, so that it opens while the server is unreachable. Browsers allow it only with TLS or on
 * localhost.
 */
export function keepPage(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // After the page itself has loaded.
  addEventListener('load', () => {
    // Without the worker, only opening the page while the server is unreachable fails.
    navigator.serviceWorker.register('./worker.js').catch(() => undefined);
  });
}
