// WebAssembly has threads only in a page that is cross-origin isolated, by two headers that plain file servers do not send:
// the service worker in sw.js adds them, from the second load on.

/** Installs the service worker where it helps. Gives true if the page is about to load once more. */
export async function isolate() {
  if (globalThis.crossOriginIsolated || navigator.serviceWorker === undefined) return false;
  if (sessionStorage.getItem("isolating")) return false; // it did not help: go on with one thread
  try {
    await navigator.serviceWorker.register("sw.js");
    if (!(await withinSeconds(3, navigator.serviceWorker.ready))) return false; // it never is where service workers are blocked
    sessionStorage.setItem("isolating", "yes");
    location.reload();
    return true;
  } catch {
    return false;
  }
}

async function withinSeconds(seconds, promise) {
  return Promise.race([promise.then(() => true), new Promise((resolve) => setTimeout(resolve, 1000 * seconds, false))]);
}
