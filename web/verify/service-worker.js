// Keeps the hosted verification page for times without a network. The newest page always wins; the
// kept one is used only when the host cannot be reached. Nothing but the page itself is kept.
const KEPT = 'billproof-verify-1';

const isPage = (/** @type {URL} */ url) =>
  url.origin === self.location.origin && url.pathname.endsWith('/verify');

self.addEventListener('install', (event) => {
  const page = new URL('verify', self.location.href).href;
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.add(page))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || request.mode !== 'navigate') return;
  if (isPage(new URL(request.url))) event.respondWith(freshOrKept(request));
});

async function freshOrKept(request) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(new URL('verify', self.location.href).href, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(new URL('verify', self.location.href).href);
    if (kept === undefined) throw error;
    return kept;
  }
}
