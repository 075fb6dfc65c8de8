/**
 * Many who use one key and do not care for others, as a process of their own, until SIGTERM; then it leaves a log of how their requests
 * ended. Arguments: the address of the server, the key, and the file of the log.
 */
import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const [, , url = '', key = '', logFile = ''] = process.argv;

/** Another address of this machine than the one that everybody else comes from. */
const ADDRESS = '127.0.0.2';

const CONNECTIONS = 1000;
const LISTENERS = 20;
const EXPORTS = 4;

/** Bytes of an export after which its reader has seen enough. */
const ENOUGH = 64 * 1024;

const outcomes: Record<string, number> = {};
const stopping = new AbortController();
const { signal } = stopping;
// All of them wait for it.
setMaxListeners(0, signal);

function count(kind: string, outcome: string): void {
  const name = `${kind}: ${outcome}`;
  outcomes[name] = (outcomes[name] ?? 0) + 1;
}

interface Asked {
  readonly path: string;
  readonly body?: object;
  readonly agent?: Agent;
  readonly lastEventId?: string;
}

/** Sends a request, and waits for the head of the answer. @throws where the server closes the connection. */
function ask({ path, body, agent, lastEventId }: Asked): Promise<[ClientRequest, IncomingMessage]> {
  return new Promise((answered, failed) => {
    const sent = request(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      agent: agent ?? false,
      localAddress: ADDRESS,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
    });
    sent.on('error', failed);
    sent.on('response', (response) => {
      response.on('error', () => undefined);
      answered([sent, response]);
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function pause(most: number): Promise<void> {
  await delay(Math.random() * most, undefined, { signal }).catch(() => undefined);
}

/** Does one thing again and again; whoever is not let in comes back a second later. */
async function goOn(kind: string, once: () => Promise<string>): Promise<void> {
  await pause(2000);
  while (!signal.aborted) {
    try {
      count(kind, await once());
    } catch {
      count(kind, 'closed');
      await pause(2000);
    }
  }
}

/** One of the thousand: asks for something small, and keeps its connection for when it wants to know again. */
function connection(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return goOn('connection', async () => {
    const [, response] = await ask({ path: '/v1/sessions?limit=1', agent });
    for await (const _chunk of response);
    await pause(40_000);
    return String(response.statusCode);
  }).finally(() => {
    agent.destroy();
  });
}

/** Listens for a moment, leaves, and comes back for what it missed. */
function listener(): Promise<void> {
  let lastEventId: string | undefined;
  return goOn('listener', async () => {
    const [sent, response] = await ask({ path: '/v1/sessions/events', lastEventId });
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      lastEventId = /^id: ?(.+)$/m.exec(text)?.[1] ?? lastEventId;
    });
    await pause(2000);
    sent.destroy();
    return String(response.statusCode);
  });
}

/** Asks for everything, and leaves when it has seen how it begins. */
function exporter(): Promise<void> {
  return goOn('export', async () => {
    const [sent, response] = await ask({ path: '/v1/sessions/export', body: {} });
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > ENOUGH) break;
    }
    sent.destroy();
    await pause(500);
    return String(response.statusCode);
  });
}

process.once('SIGTERM', () => {
  stopping.abort();
  writeFileSync(logFile, JSON.stringify(outcomes));
  process.exit();
});

await Promise.all([
  ...Array.from({ length: CONNECTIONS }, connection),
  ...Array.from({ length: LISTENERS }, listener),
  ...Array.from({ length: EXPORTS }, exporter),
]);
