/** Where it stands when the page was loaded anew by itself. */
const RELOADED = 'hermes-sessions-reloaded';

/** Milliseconds in which that does not help twice. */
const PAUSE = 60_000;

/** Loads the page anew where a part of it is not there any more: the server has another version by now, whose parts have other names. */
export function followVersions(): void {
  addEventListener('vite:preloadError', (event) => {
    const before = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (!navigator.onLine || Date.now() - before < PAUSE) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}
