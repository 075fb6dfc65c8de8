/**
 * The service worker caches the page's files, so that it opens while the server is unreachable. It handles only these files: API requests pass
 * through unchanged, and are not cached.
 */

/** Inserted by the build: the names of the files, and an identifier of the version. */
declare const FILES: readonly string[];
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;

/** The page's address without a query. */
const PAGE = worker.registration.scope;

/** Cache name prefix; several consoles may share a host. */
const KEPT = `hermes-sessions ${PAGE}`;
const FILES_OF_VERSION = `${KEPT} ${VERSION}`;

/** Cache key for the time at which the server was last reached. */
const MET = new URL('met', PAGE).href;

/** Time without reaching the server after which the cached page is deleted, in milliseconds. */
const LONGEST = 30 * 86_400_000;

/** Timeout for the server's answer, in milliseconds. */
const PATIENCE = 5000;

/** Statuses with which a proxy answers for an unreachable server. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 504]);

/** Statuses of a server without a console. */
const NO_CONSOLE: ReadonlySet<number> = new Set([404, 410]);

worker.addEventListener('install', (event) => {
  event.waitUntil(keepFiles());
});

// A worker is activated when no page of the previous version is open any more.
worker.addEventListener('activate', (event) => {
  event.waitUntil(forget((name) => name !== FILES_OF_VERSION));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const [address] = request.url.split(/[?#]/);
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate' && address === PAGE) event.respondWith(page(request));
  else if (FILES.some((name) => new URL(name, PAGE).href === request.url)) event.respondWith(file(request));
});

async function keepFiles(): Promise<void> {
  const cache = await caches.open(FILES_OF_VERSION);
  const files = FILES.map((name) => new URL(name, PAGE).href);
  await cache.addAll([new Request(PAGE, { cache: 'reload' }), ...files]);
  await cache.put(MET, new Response(String(Date.now())));
}

/** The server's page, so that a new version appears at once; the cached one only if the server does not answer. */
async function page(request: Request): Promise<Response> {
  const kept = await keptPage();
  try {
    const answer = await fetch(request, kept === undefined ? {} : { signal: AbortSignal.timeout(PATIENCE) });
    if (NO_CONSOLE.has(answer.status)) await end();
    else if (answer.ok) await met();
    return kept !== undefined && NOBODY_BEHIND.has(answer.status) ? kept : answer;
  } catch (error) {
    if (kept === undefined) throw error;
    return kept;
  }
}

/** Files have a content hash in their names, so a cached one is always valid. */
async function file(request: Request): Promise<Response> {
  const cache = await caches.open(FILES_OF_VERSION);
  return (await cache.match(request.url)) ?? fetch(request);
}

/** The cached page; undefined if the server has not been reached for too long. */
async function keptPage(): Promise<Response | undefined> {
  const cache = await caches.open(FILES_OF_VERSION);
  const met = Number(await (await cache.match(MET))?.text());
  if (Date.now() - met < LONGEST) return cache.match(PAGE);
  await end();
  return undefined;
}

async function met(): Promise<void> {
  const cache = await caches.open(FILES_OF_VERSION);
  await cache.put(MET, new Response(String(Date.now())));
}

/** Deletes all caches and unregisters the worker, which ends with the last open page. */
async function end(): Promise<void> {
  await worker.registration.unregister();
  await forget(() => true);
}

async function forget(isMeant: (name: string) => boolean): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(KEPT) && isMeant(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}
