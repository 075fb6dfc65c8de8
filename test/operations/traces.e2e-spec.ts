import { Collector, type SentSpan } from '../support/collector.js';
import { freePort } from '../support/free-port.js';
import { smallHistory } from '../support/histories.js';
import { ServedHistory } from '../support/served.js';
import { TEST_KEY } from '../support/test-key.js';

/** Of no history, no key and no request. */
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

function attribute({ attributes }: SentSpan, name: string): string {
  return JSON.stringify(attributes.find(({ key }) => key === name)?.value ?? null);
}

describe('traces', () => {
  let collector: Collector;
  let server: ServedHistory;

  beforeAll(async () => {
    collector = await Collector.start();
    server = await ServedHistory.start(smallHistory(25), {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_SERVICE_NAME: 'sessions-of-a-test',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      LOG_LEVEL: 'info',
    });
  });

  afterAll(async () => {
    await server.stop();
    await collector.stop();
  });

  /** The span of one request. */
  const ask = async (method: string, path: string, body?: unknown): Promise<SentSpan> => {
    const response = await server.request(method, path, body);
    const id = response.headers.get('x-request-id') ?? 'none';
    await response.text();
    return collector.span((span) => attribute(span, 'http.request.header.x-request-id').includes(id), path);
  };

  it('have a request with its route and its id, and below it what its answer was made of', async () => {
    const list = await ask('GET', '/v1/sessions?limit=5');
    expect(list).toMatchObject({ name: 'GET /v1/sessions' });
    expect(attribute(list, 'http.response.status_code')).toContain('200');
    expect(collector.namesBelow(list)).toEqual(expect.arrayContaining(['sessions.list', 'sqlite read']));
    const search = await ask('GET', '/v1/sessions?search=tomatoes');
    expect(collector.namesBelow(search)).toEqual(
      expect.arrayContaining(['sessions.list', expect.stringMatching(/^search /)]),
    );
    const rename = await ask('PATCH', '/v1/sessions/plain', { title: 'A title that somebody typed' });
    expect(rename.name).toBe('PATCH /v1/sessions/:session_id');
    expect(collector.namesBelow(rename)).toEqual(expect.arrayContaining(['sessions.update', 'sqlite write']));
    const missing = await ask('GET', '/v1/sessions/nobody-has-this-id');
    expect(attribute(missing, 'http.response.status_code')).toContain('404');
    expect((await ask('GET', '/nowhere')).name).toBe('GET');
    const unreadable = await ask('GET', '/v1/sessions/%zz');
    expect(unreadable.name).toBe('GET');
    expect(attribute(unreadable, 'http.response.status_code')).toContain('400');
  });

  it('go on from their caller', async () => {
    await fetch(`${server.url}/v1/sessions/plain`, {
      headers: { authorization: `Bearer ${TEST_KEY}`, traceparent: `00-${TRACE}-${CALLER}-01` },
    });
    const span = await collector.span(({ traceId }) => traceId === TRACE, 'the trace of the caller');
    expect(
      await collector.span(({ parentSpanId }) => parentSpanId === CALLER, 'below the caller'),
    ).toMatchObject({
      name: 'GET /v1/sessions/:session_id',
    });
    expect(span.traceId).toBe(TRACE);
  });

  it('of a listener have nothing of what others hear behind it', async () => {
    const listen = async (): Promise<{ readonly id: string; readonly leave: () => void }> => {
      const leaving = new AbortController();
      const response = await fetch(`${server.url}/v1/sessions/events`, {
        headers: { authorization: `Bearer ${TEST_KEY}` },
        signal: leaving.signal,
      });
      // The first heartbeat.
      await response.body?.getReader().read();
      return {
        id: response.headers.get('x-request-id') ?? 'none',
        leave: () => {
          leaving.abort();
        },
      };
    };
    const first = await listen();
    const second = await listen();
    first.leave();
    const ofFirst = await collector.span(
      (span) => JSON.stringify(span.attributes).includes(first.id),
      'of the first',
    );
    expect(attribute(ofFirst, 'http.response.status_code')).toContain('200');
    const before = collector.spans.filter(({ traceId }) => traceId === ofFirst.traceId).length;
    for (const title of ['One', 'Two', 'Three']) await ask('PATCH', '/v1/sessions/plain', { title });
    await ask('GET', '/v1/sessions?limit=7');
    expect(collector.spans.filter(({ traceId }) => traceId === ofFirst.traceId)).toHaveLength(before);
    second.leave();
  });

  it('say whose they are, and nothing of a history, a request or a key', async () => {
    await ask('GET', '/v1/sessions?search=lighthouse&user_id=ana');
    await ask('GET', '/v1/sessions/plain/messages');
    await ask('GET', '/v1/sessions/nobody-has-this-id');
    expect(collector.resource).toContain('sessions-of-a-test');
    for (const content of [
      ...['Garden irrigation', 'tomatoes', 'lighthouse', 'A title that somebody typed', 'SECRET'],
      ...['"plain"', '/plain', 'nobody-has-this-id', 'ana"', TEST_KEY],
    ])
      expect([content, collector.text.includes(content)]).toEqual([content, false]);
  });
});

it('a collector that is away changes no answer, and is told of once', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const server = await ServedHistory.start(smallHistory(25), {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_SCHEDULE_DELAY: '20',
    LOG_LEVEL: 'info',
  });
  for (let times = 0; times < 5; times++) expect((await server.get('/v1/sessions')).status).toBe(200);
  await server.process.printed(/Traces are not taken by OTEL_EXPORTER_OTLP_ENDPOINT/);
  await server.stop();
  const { code, stdout } = await server.process.ended;
  expect(code).toBe(0);
  const told = stdout.split('\n').filter((line) => line.includes('Traces are not taken'));
  expect(told).toEqual([expect.stringContaining('ECONNREFUSED')]);
  // No stack, and nothing else that an error has.
  expect(told.join()).not.toMatch(/\bat |stack|node_modules/);
});
