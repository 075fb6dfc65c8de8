/**
 * Keeps the files of the page, so that it opens while the server is away. It answers for these alone: whatever is asked of the API goes
 * to the server as if there were no worker, and is kept nowhere.
 */

/** Written in front of it when the page is built: the names of its files, and what tells one version from another. */
declare const FILES: readonly string[];
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;

/** Where the page lies, whatever is shown of it. */
const PAGE = worker.registration.scope;

/** Several consoles may share a host. */
const KEPT = `hermes-sessions ${PAGE}`;
const FILES_OF_VERSION = `${KEPT} ${VERSION}`;

/** Where it stands when the server was met last. */
const MET = new URL('met', PAGE).href;

/** Milliseconds after which a page whose server is not met any more is forgotten. */
const LONGEST = 30 * 86_400_000;

/** Milliseconds in which a server that is there answers. */
const PATIENCE = 5000;

/** What an intermediary answers in place of a server that is away. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 504]);

/** What a server answers that has no console any more. */
const NO_CONSOLE: ReadonlySet<number> = new Set([404, 410]);

worker.addEventListener('install', (event) => {
  event.waitUntil(keepFiles());
});

// A worker begins when no page of the version before it is open any more.
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

/** The page as the server has it, and as it was kept only where nobody answers: a new version is there at once. */
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

/** A file whose name says what is in it. */
async function file(request: Request): Promise<Response> {
  const cache = await caches.open(FILES_OF_VERSION);
  return (await cache.match(request.url)) ?? fetch(request);
}

/** The page as it was kept; undefined where its server was not met for long. */
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

/** Keeps nothing any more, and is gone with the last page that is open. */
async function end(): Promise<void> {
  await worker.registration.unregister();
  await forget(() => true);
}

async function forget(isMeant: (name: string) => boolean): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(KEPT) && isMeant(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}
