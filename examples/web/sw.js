// Adds the headers that make the page cross-origin isolated (see isolate.js); fetches everything as the browser would.

self.oninstall = () => self.skipWaiting();
self.onactivate = (event) => event.waitUntil(self.clients.claim());

self.onfetch = (event) => {
  if (new URL(event.request.url).origin === self.location.origin) event.respondWith(isolated(event.request));
};

async function isolated(request) {
  const answer = await fetch(request);
  const headers = new Headers(answer.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}
