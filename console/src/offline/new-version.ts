/** The storage key for the time of the last automatic reload. */
const RELOADED = 'hermes-sessions-reloaded';

/** Minimum time between two automatic reloads, in milliseconds: a second one would not help. */
const PAUSE = 60_000;

/** Reloads the page if one of its modules is missing: the server has a new version, whose modules have other names. */
export function followVersions(): void {
  addEventListener('vite:preloadError', (event) => {
    const before = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (!navigator.onLine || Date.now() - before < PAUSE) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}
