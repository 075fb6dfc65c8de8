import { CallersError, ConnectionError, HermesSessionsError } from './errors.js';
import { readEvents, type StreamedEvent } from './event-stream.js';
import type { CallOptions } from './hermes-sessions.js';
import type { SessionEventResponse } from './schema.js';

/** How one listens: `onHeaders` is told of each time that it is listened again, too. */
export interface ListenOptions extends CallOptions {
  /** Ends it; the iteration then ends without an error. */
  readonly signal?: AbortSignal;
  /** `id` of the last event that was heard in an earlier life: what came since is told first, or `resync`. */
  readonly lastEventId?: string;
  /**
   * Is told the `id` of each event once it has been dealt with, and of what the server says every 15 seconds and at the beginning where
   * nothing happens: how far everything has been heard, which a later `lastEventId` may be.
   */
  readonly onHeard?: (eventId: string) => void;
  /** Is told why the stream broke off, and after how many milliseconds it is tried again. */
  readonly onInterruption?: (error: HermesSessionsError, retryAfter: number) => void;
}

/** An event with its `id`, which a later {@link ListenOptions.lastEventId} may be. */
export type SessionEvent = SessionEventResponse & { readonly event_id: string | undefined };

/** Is told how far the database was at an event, where the server says so. */
export type HearPosition = (position: string | undefined) => void;

/** Opens a stream of events. */
export type OpenStream = (
  lastEventId: string | undefined,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array>>;

/** Milliseconds until the first try to listen again, and at most; each takes twice as long as the one before. */
const REST = { least: 500, most: 30_000 } as const;

/** The server says every 15 seconds that it is there: after three times that in silence nobody is. */
const SILENCE = 45_000;

/**
 * Hears events for as long as the signal lets it, and listens again from where it was whenever the stream breaks off. After an event
 * of the type `resync` something may have been missed: what is shown has to be read again.
 * @throws {HermesSessionsError} what no further try would change, such as a wrong key; and what the caller's own functions throw.
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

/** Breaks a connection off on which nothing is heard any more. */
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

  /** Something was heard: the wait begins anew. */
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
