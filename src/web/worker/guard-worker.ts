/**
 * Keeps the guard's page on the phone, so that it opens without network too: phones forget pages that they do not show.
 * With a network the server's page comes first, which knows who is signed in; what is kept knows nobody.
 */
declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: what the page needs, and a name that changes with it. */
declare const FILES: readonly string[];
declare const BUILD: string;

const CACHE = `guard-${BUILD}`;
const PAGE = '/g';
/** A network that has not answered within this time is none. */
const PATIENCE_MS = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(store().then(() => self.skipWaiting()));
});

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  // A file's name changes with its content: what the browser has of that name is right.
  await cache.addAll(FILES.map((file) => new Request(file)));
  await cache.add(new Request(PAGE, { cache: 'reload', credentials: 'omit' }));
}

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('guard-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (FILES.includes(pathname)) event.respondWith(kept(request, pathname));
  else if (request.mode === 'navigate' && search === '' && pathname === PAGE)
    event.respondWith(fetchOr(request));
});

async function fetchOr(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return kept(request, PAGE);
  }
}

/** From the phone; from the network where the phone has lost it. */
async function kept(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(request);
}
