/**
 * Keeps the rider's page on the phone, so that it opens at once and without signal. Codes are not its business: the
 * page keeps those itself. A page of another build is another worker, which brings its own files.
 */
declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: what the page needs, and a name that changes with it. */
declare const FILES: readonly string[];
declare const BUILD: string;

const CACHE = `rider-${BUILD}`;
/** Pages that open without signal. */
const PAGES = ['/r', '/t'];

self.addEventListener('install', (event) => {
  event.waitUntil(store().then(() => self.skipWaiting()));
});

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  // A file's name changes with its content: what the browser has of that name is right.
  await cache.addAll(FILES.map((file) => new Request(file)));
  await cache.addAll(PAGES.map((page) => new Request(page, { cache: 'reload' })));
}

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('rider-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (FILES.includes(pathname)) event.respondWith(kept(request, pathname));
  else if (request.mode === 'navigate' && search === '' && PAGES.includes(pathname))
    event.respondWith(kept(request, pathname));
});

/** From the phone; from the network where the phone has lost it. */
async function kept(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(request);
}
