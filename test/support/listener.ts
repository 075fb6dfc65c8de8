import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import type { SessionEventResponse } from '../../src/events/session-event.response.js';
import type { TestServer } from './server.js';
import { TEST_KEY } from './test-key.js';
import { until } from './wait.js';

/** An event as a listener receives it. */
export interface HeardEvent extends SessionEventResponse {
  /** The `id` field of the stream. */
  readonly eventId: string;
  /** Time of receipt, by `performance.now()`. */
  readonly at: number;
}

/** A listener to an event stream. */
export class TestListener {
  readonly heard: HeardEvent[] = [];
  #text = '';
  #isEnded = false;

  private constructor(
    private readonly request: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#read(text);
    });
    response.on('error', () => undefined);
    response.on('close', () => (this.#isEnded = true));
  }

  /** Starts listening on a separate connection. */
  static async to(
    server: TestServer,
    path: string,
    { key = TEST_KEY, lastEventId }: { readonly key?: string; readonly lastEventId?: string } = {},
  ): Promise<TestListener> {
    const request = get(`${await server.app.getUrl()}${path}`, {
      agent: false,
      headers: {
        authorization: `Bearer ${key}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
    });
    request.on('error', () => undefined);
    const response = await new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
    const listener = new TestListener(request, response);
    // From the first heartbeat on, no event is missed.
    if (response.statusCode === 200)
      await listener.until((events) => events.some(({ type }) => type === 'heartbeat'));
    return listener;
  }

  /** Whether the stream has ended. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The id of the newest event. */
  get lastEventId(): string {
    return this.heard.at(-1)?.eventId ?? '';
  }

  /** A summary of the received events without heartbeats. */
  get story(): readonly string[] {
    return this.heard
      .filter(({ type }) => type !== 'heartbeat')
      .map(({ type, session_id: id, changed }) =>
        [type, id, ...(changed ?? [])].filter((word) => word !== undefined).join(' '),
      );
  }

  /** Waits until a condition holds. @throws after a timeout, with the received events. */
  async until(condition: (events: readonly HeardEvent[]) => boolean): Promise<void> {
    await until(() => condition(this.heard)).catch(() => {
      throw new Error(`Heard only: ${JSON.stringify(this.heard, null, 1)}`);
    });
  }

  leave(): void {
    this.request.destroy();
  }

  #read(text: string): void {
    const frames = `${this.#text}${text}`.split('\n\n');
    this.#text = frames.pop() ?? '';
    for (const frame of frames) this.#take(frame);
  }

  #take(frame: string): void {
    const fields = new Map(
      frame.split('\n').map((line) => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    const data = fields.get('data');
    if (data === undefined) return;
    const event = JSON.parse(data) as SessionEventResponse;
    if (event.type !== fields.get('event')) throw new Error(`${frame} is named otherwise.`);
    this.heard.push({ ...event, eventId: fields.get('id') ?? '', at: performance.now() });
  }
}
