import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Metrics } from '../metrics/metrics.js';
import { readPosition, writePosition, type ReadPosition } from '../domain/read-position.js';
import { FULL_ACCESS, isLimited } from '../domain/access.js';
import type { StoreEvent } from '../sessions/session-event.js';
import { SessionFeed } from '../sessions/session-feed.js';
import { EVENT_PERSPECTIVES, hears, perspectiveOf, type EventFilter } from './event-filter.js';
import { EventLog, type LoggedEvent } from './event-log.js';
import { EventStream, MAX_PAST } from './event-stream.js';
import type { SessionEventResponse } from './session-event.response.js';
import { toWireEvent } from './wire-event.js';

/** How often listeners get a sign that the connection is alive, in milliseconds. */
const HEARTBEAT = 15_000;

/** How long the history is still followed after the last listener left, which may only have lost the connection; in milliseconds. */
const LINGER = 60_000;

/** Milliseconds after which a listener that lost the connection should reconnect. */
const RETRY = 2000;

/** Carries the current id, so that a listener can resume from here even if no other event was for it. */
const HEARTBEAT_EVENT: SessionEventResponse = { object: 'hermes.session.event', type: 'heartbeat' };

/** A client that listens to events. */
export interface Listener {
  readonly filter: EventFilter;
  /** The id of the last event received before, if any. */
  readonly lastEventId?: string;
  /** Whether it may still listen. */
  readonly isCurrent: () => Promise<boolean>;
}

/** A consumer within this process, which gets events in the form of the store. */
export interface Watcher {
  readonly filter: EventFilter;
  readonly isCurrent: () => Promise<boolean>;
  readonly tell: (event: StoreEvent) => void;
  /** Called when no more events will come. All watchers of one listener share the same function. */
  readonly end: () => void;
}

/** A listener or watcher, with the position that its reads must have reached to include what it was told. */
type Reader<Told> = Told & { readonly position: ReadPosition | undefined };

/** Sends events to all listeners. The store is followed once, however many there are, and not while there are none. */
@Injectable()
export class EventHub implements BeforeApplicationShutdown {
  readonly #logger = new Logger(EventHub.name);
  readonly #listeners = new Map<EventStream, Reader<Listener>>();
  readonly #watchers = new Map<Watcher, Reader<Watcher>>();
  /** The log of current events; undefined while nothing is followed. */
  #log: EventLog | undefined;
  #beginning: Promise<void> | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #isStopping = false;
  /** Runs code outside of any request's context. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly feed: SessionFeed,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Begins to send events to a listener, from now on or from after the last event that it received.
   * @throws {DomainError} `store_unavailable` if the history cannot be followed
   */
  async listen(listener: Listener): Promise<Readable> {
    const stream = new EventStream(() => {
      this.metrics.droppedListener();
    });
    clearTimeout(this.#linger);
    const log = await this.#begun();
    const reader = this.#readerOf(listener);
    stream.send(`retry: ${RETRY}\n\n`);
    // Synchronous, so no event can come between the past ones and those from now on.
    this.#tellPast(stream, listener, log);
    stream.send(this.#frame(log.lastId(), HEARTBEAT_EVENT));
    this.#join(stream, reader);
    return stream;
  }

  /**
   * Begins to pass events to a watcher within this process.
   * @returns how to stop.
   * @throws {DomainError} `store_unavailable` if the history cannot be followed
   */
  async watch(watcher: Watcher): Promise<() => void> {
    clearTimeout(this.#linger);
    await this.#begun();
    this.#watchers.set(watcher, this.#readerOf(watcher));
    this.#count();
    if (this.#isStopping) watcher.end();
    return () => {
      if (this.#watchers.delete(watcher)) this.#left();
    };
  }

  beforeApplicationShutdown(): void {
    this.#isStopping = true;
    for (const watcher of this.#watchers.keys()) watcher.end();
    for (const stream of this.#listeners.keys()) stream.end();
    this.#end();
  }

  #tellPast(stream: EventStream, { filter, lastEventId }: Listener, log: EventLog): void {
    if (lastEventId === undefined) return;
    const past = this.#understoodPast(log, lastEventId, filter);
    stream.send(past ?? this.#frame(log.lastId(), { object: 'hermes.session.event', type: 'resync' }));
  }

  async #begun(): Promise<EventLog> {
    const log = (this.#log ??= new EventLog());
    this.#beginning ??= this.#begin(log);
    try {
      await this.#beginning;
    } catch (error) {
      // The next caller tries again.
      if (this.#log === log) this.#end();
      throw error;
    }
    return log;
  }

  async #begin(log: EventLog): Promise<void> {
    this.#heartbeat = this.#outside(() =>
      setInterval(() => {
        this.#beat(log);
      }, HEARTBEAT),
    );
    this.#heartbeat.unref();
    // Outlives the request of the first listener, since later listeners use it too.
    await this.#outside(() =>
      this.feed.follow((event) => {
        this.#spread(log, event);
      }),
    );
  }

  /**
   * Sends an event to everybody whom it concerns; each form of it is serialized once, however many listen.
   * @throws if it cannot be serialized; listeners that resume do not get it either then.
   */
  #spread(log: EventLog, event: StoreEvent): void {
    // Fails before the event is in the log, where every listener that resumes would meet it.
    for (const perspective of EVENT_PERSPECTIVES) toWireEvent(event, perspective, FULL_ACCESS);
    const logged = log.add(event);
    this.metrics.happened(event.kind);
    for (const watcher of this.#watchers.values()) {
      if (!hears(watcher.filter, event)) continue;
      this.#reach(watcher);
      watcher.tell(event);
    }
    const texts = new Map<string, string>();
    for (const [stream, listener] of this.#listeners) {
      const { filter } = listener;
      if (!hears(filter, event)) continue;
      this.#reach(listener);
      const key = isLimited(filter.access) ? JSON.stringify(filter.access) : '';
      const way = `${perspectiveOf(filter)} ${key}`;
      const text = texts.get(way) ?? this.#textOf(logged, filter, log);
      texts.set(way, text);
      stream.send(text);
    }
  }

  #beat(log: EventLog): void {
    for (const [stream, listener] of this.#listeners) {
      stream.send(this.#frame(log.lastId(), HEARTBEAT_EVENT));
      this.#endUnlessCurrent(listener, () => {
        stream.end();
      });
    }
    for (const watcher of this.#watchers.keys()) this.#endUnlessCurrent(watcher, watcher.end);
  }

  #endUnlessCurrent({ isCurrent }: Pick<Listener, 'isCurrent'>, end: () => void): void {
    isCurrent().then(
      (is) => {
        if (!is) end();
      },
      (error: unknown) => {
        this.#logger.warn(`Whether a listener may go on could not be told: ${String(error)}`);
      },
    );
  }

  #join(stream: EventStream, listener: Reader<Listener>): void {
    this.#listeners.set(stream, listener);
    this.#count();
    stream.once('close', () => {
      this.#leave(stream);
    });
    // Otherwise a listener that came while the server began to stop would stay, and nothing would end it.
    if (this.#isStopping) stream.end();
  }

  #leave(stream: EventStream): void {
    this.#listeners.delete(stream);
    this.#left();
  }

  #count(): void {
    // Watchers of two kinds of events can belong to one listener.
    const ends = new Set([...this.#watchers.keys()].map(({ end }) => end));
    this.metrics.listening(this.#listeners.size + ends.size);
  }

  #left(): void {
    this.#count();
    if (this.#listeners.size + this.#watchers.size > 0) return;
    this.#linger = setTimeout(() => {
      this.#end();
    }, LINGER);
    this.#linger.unref();
  }

  /** Stops following; event ids sent before become invalid. */
  #end(): void {
    clearTimeout(this.#linger);
    clearInterval(this.#heartbeat);
    this.feed.unfollow();
    this.#log = undefined;
    this.#beginning = undefined;
  }

  /** Adds the read position of the current request, advanced to what the feed has reported by now. */
  #readerOf<Told extends object>(told: Told): Reader<Told> {
    const reader = { ...told, position: readPosition() };
    this.#reach(reader);
    return reader;
  }

  #reach({ position }: Pick<Reader<object>, 'position'>): void {
    if (this.feed.position !== undefined) position?.reach(this.feed.position);
  }

  /**
   * What {@link #pastOf} returns; undefined if that fails. The log may have an event that some filter or access cannot evaluate, which must not keep
   * listeners away for as long.
   */
  #understoodPast(log: EventLog, lastEventId: string, filter: EventFilter): string | undefined {
    try {
      return this.#pastOf(log, lastEventId, filter);
    } catch (error) {
      this.#logger.debug(`An event that was missed is not understood: ${String(error)}`);
      return undefined;
    }
  }

  /** The events that a listener missed, if they can be sent at once; undefined if they are unknown or too large. */
  #pastOf(log: EventLog, lastEventId: string, filter: EventFilter): string | undefined {
    const missed = log.since(lastEventId);
    if (missed === undefined) return undefined;
    const texts: string[] = [];
    let bytes = 0;
    for (const logged of missed) {
      if (!hears(filter, logged.event)) continue;
      const text = this.#textOf(logged, filter, log);
      texts.push(text);
      bytes += Buffer.byteLength(text);
      if (bytes > MAX_PAST) return undefined;
    }
    return texts.join('');
  }

  #textOf({ sequence, event }: LoggedEvent, filter: EventFilter, log: EventLog): string {
    const data = toWireEvent(event, perspectiveOf(filter), filter.access);
    return data === undefined ? '' : this.#frame(log.idOf(sequence), data);
  }

  /** An event of a text/event-stream (WHATWG HTML, 9.2); JSON has no raw line breaks. */
  #frame(id: string, data: SessionEventResponse): string {
    const { position } = this.feed;
    const told = position === undefined ? data : { ...data, read_position: writePosition(position) };
    return `id: ${id}\nevent: ${data.type}\ndata: ${JSON.stringify(told)}\n\n`;
  }
}
