/**
 * Lets the hosted copy open without a network. Only where it is served as `/verify`, beside its service
 * worker: a copy from a file, or under another name, stays one file and makes no request.
 */
export function keepPage(): void {
  const hosted = location.protocol === 'https:' || location.hostname === '127.0.0.1';
  if (!hosted || !location.pathname.endsWith('/verify') || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('verify-sw.js', { scope: 'verify' }).catch(() => {
    // A host without the worker's file, or a browser that refuses it: the page works all the same.
  });
}
