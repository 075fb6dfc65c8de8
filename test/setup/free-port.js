import { createServer } from 'node:net';

/**
 * Below the ports that a system assigns itself (on Linux from 32768, elsewhere from a higher one) and above the ports that browsers refuse
 * (https://fetch.spec.whatwg.org/#port-blocking).
 */
const FIRST = 11_000;
const LAST = 32_767;

/**
 * A local port on which nothing listens. The system never assigns it to a process that listens on any port, as many tests do at the same time. So a
 * test can listen on it later, and again after a pause.
 */
export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
