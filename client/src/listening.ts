import { CallersError, ConnectionError, HermesSessionsError } from './errors.js';
import { readEvents, type StreamedEvent } from './event-stream.js';
import type { CallOptions } from './hermes-sessions.js';
import type { SessionEventResponse } from './schema.js';

/** Options for listening. `onHeaders` is called at each reconnection too. */
export interface ListenOptions extends CallOptions {
  /** Stops listening; the iteration then ends without an error. */
  readonly signal?: AbortSignal;
  /** `id` of the last event handled in an earlier run: events since then come first, or `resync`. */
  readonly lastEventId?: string;
  /**
   * Called with the `id` of each handled event, and of each heartbeat, which the server sends at the start and every 15 seconds without events.
   * Everything up to this id has been received; it can be a later `lastEventId`.
   */
  readonly onHeard?: (eventId: string) => void;
  /** Called when the stream breaks off, with the reason and the milliseconds until the next attempt. */
  readonly onInterruption?: (error: HermesSessionsError, retryAfter: number) => void;
}

/** An event with its `id`, which can be a later {@link ListenOptions.lastEventId}. */
export type SessionEvent = SessionEventResponse & { readonly event_id: string | undefined };

/** Called with the database's position at an event, if the server reports it. */
export type HearPosition = (position: string | undefined) => void;

/** Opens a stream of events. */
export type OpenStream = (
  lastEventId: string | undefined,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array>>;

/** Delay before the first reconnection, and the maximum delay, in milliseconds. It doubles with each attempt. */
const REST = { least: 500, most: 30_000 } as const;

/** The server sends a heartbeat every 15 seconds: three missed ones mean that the connection is dead. */
const SILENCE = 45_000;

/**
 * Yields events until the signal aborts, and reconnects after the last event whenever the stream breaks off. An event of type `resync` means that
 * events may have been missed: the displayed data must be read again.
 * @throws {HermesSessionsError} for a failure that a retry would not fix, such as a wrong key; and errors of the caller's own functions.
 */
export async function* listen(
  open: OpenStream,
  hear: HearPosition,
  options: ListenOptions,
): AsyncGenerator<SessionEvent> {
  let lastEventId = options.lastEventId;
  let rest: number = REST.least;
  while (!isEnded(options)) {
    const silence = new Silence(options.signal);
    try {
      const stream = await open(lastEventId, silence.signal).catch((error: unknown) => {
        throw error instanceof HermesSessionsError || silence.signal.aborted
          ? error
          : new CallersError(error);
      });
      for await (const event of readEvents(stream)) {
        silence.isBroken();
        rest = REST.least;
        lastEventId = event.id ?? lastEventId;
        const told = toSessionEvent(event);
        hear(told.read_position);
        if (told.type !== 'heartbeat') yield told;
        if (event.id !== undefined) tellHeard(options, event.id);
      }
      throw new ConnectionError('the stream ended');
    } catch (error) {
      if (error instanceof CallersError) throw error.cause;
      if (isEnded(options)) return;
      const failure = error instanceof HermesSessionsError ? error : new ConnectionError(error);
      if (!failure.isTransient) throw failure;
      const wait = Math.max(rest * (0.5 + Math.random()), 1000 * (failure.retryAfter ?? 0));
      options.onInterruption?.(failure, wait);
      await pause(wait, options.signal);
      rest = Math.min(2 * rest, REST.most);
    } finally {
      silence.end();
    }
  }
}

function tellHeard({ onHeard }: ListenOptions, eventId: string): void {
  try {
    onHeard?.(eventId);
  } catch (error) {
    throw new CallersError(error);
  }
}

function isEnded({ signal }: ListenOptions): boolean {
  return signal?.aborted === true;
}

/** Aborts a connection on which nothing has arrived for too long. */
class Silence {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #leave = (): void => {
    this.#controller.abort();
  };

  constructor(private readonly outer: AbortSignal | undefined) {
    outer?.addEventListener('abort', this.#leave);
    this.isBroken();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Restarts the wait after something was received. */
  isBroken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#leave, SILENCE);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.outer?.removeEventListener('abort', this.#leave);
    this.#controller.abort();
  }
}

function toSessionEvent({ id, data }: StreamedEvent): SessionEvent {
  return { ...(JSON.parse(data) as SessionEventResponse), event_id: id };
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
  });
}
