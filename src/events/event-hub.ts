import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Metrics } from '../metrics/metrics.js';
import { readPosition, writePosition, type ReadPosition } from '../domain/read-position.js';
import { FULL_ACCESS, isLimited } from '../sessions/session-access.js';
import type { StoreEvent } from '../sessions/session-event.js';
import { SessionFeed } from '../sessions/session-feed.js';
import { EVENT_PERSPECTIVES, hears, perspectiveOf, type EventFilter } from './event-filter.js';
import { EventLog, type LoggedEvent } from './event-log.js';
import { EventStream, MAX_PAST } from './event-stream.js';
import type { SessionEventResponse } from './session-event.response.js';
import { toWireEvent } from './wire-event.js';

/** How often a listener hears that the connection is alive, in milliseconds. */
const HEARTBEAT = 15_000;

/** How long the history is followed on after the last listener left, who may only have lost the connection; milliseconds. */
const LINGER = 60_000;

/** After how many milliseconds a listener that lost the connection should ask again. */
const RETRY = 2000;

/** Says where the listener stands, so that it can come back to here even if nothing else was for it. */
const HEARTBEAT_EVENT: SessionEventResponse = { object: 'hermes.session.event', type: 'heartbeat' };

/** Somebody who listens. */
export interface Listener {
  readonly filter: EventFilter;
  /** The id of the last event that was heard before, where there was one. */
  readonly lastEventId?: string;
  /** Whether it may still listen. */
  readonly isCurrent: () => Promise<boolean>;
}

/** Somebody within this process who is told of what happens as a store tells it. */
export interface Watcher {
  readonly filter: EventFilter;
  readonly isCurrent: () => Promise<boolean>;
  readonly tell: (event: StoreEvent) => void;
  /** Is called when nothing will be told any more. Watchers of one who listens have the same. */
  readonly end: () => void;
}

/** Somebody who is told, and how far what they read has to be, so that they find what they were told. */
type Reader<Told> = Told & { readonly position: ReadPosition | undefined };

/** Tells all listeners what happens: the store is followed once, however many they are, and not while there are none. */
@Injectable()
export class EventHub implements BeforeApplicationShutdown {
  readonly #logger = new Logger(EventHub.name);
  readonly #listeners = new Map<EventStream, Reader<Listener>>();
  readonly #watchers = new Map<Watcher, Reader<Watcher>>();
  /** What is being told; there is none while nothing is followed. */
  #log: EventLog | undefined;
  #beginning: Promise<void> | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #isStopping = false;
  /** Runs what belongs to no request. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(
    @Inject(SessionFeed) private readonly feed: SessionFeed,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /**
   * Begins to tell somebody what happens from now on, or behind the last event that was heard.
   * @throws {DomainError} `store_unavailable` where the history cannot be followed
   */
  async listen(listener: Listener): Promise<Readable> {
    const stream = new EventStream(() => {
      this.metrics.droppedListener();
    });
    clearTimeout(this.#linger);
    const log = await this.#begun();
    const reader = this.#readerOf(listener);
    stream.send(`retry: ${RETRY}\n\n`);
    // Nothing happens between the past and what is told from now on.
    this.#tellPast(stream, listener, log);
    stream.send(this.#frame(log.lastId(), HEARTBEAT_EVENT));
    this.#join(stream, reader);
    return stream;
  }

  /**
   * Begins to tell somebody within this process what happens from now on.
   * @returns what ends it.
   * @throws {DomainError} `store_unavailable` where the history cannot be followed
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
      // Whoever asks next has it tried again.
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
    // It goes on for whoever listens next, and is no part of the request of whoever came first.
    await this.#outside(() =>
      this.feed.follow((event) => {
        this.#spread(log, event);
      }),
    );
  }

  /**
   * Each way of telling an event is written once, however many listen.
   * @throws where it cannot be written; whoever comes back hears nothing of it then.
   */
  #spread(log: EventLog, event: StoreEvent): void {
    // Before it is in the log, where all who come back would meet it.
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
    // Who asked while the server began to stop would otherwise listen on, and nothing would end that.
    if (this.#isStopping) stream.end();
  }

  #leave(stream: EventStream): void {
    this.#listeners.delete(stream);
    this.#left();
  }

  #count(): void {
    // Who watches two kinds of events is one who listens.
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

  /** Nothing is followed any more; ids that were told mean nothing from now on. */
  #end(): void {
    clearTimeout(this.#linger);
    clearInterval(this.#heartbeat);
    this.feed.unfollow();
    this.#log = undefined;
    this.#beginning = undefined;
  }

  /** Who reads from now on what they are told, nothing of which lies behind what is known by now. */
  #readerOf<Told extends object>(told: Told): Reader<Told> {
    const reader = { ...told, position: readPosition() };
    this.#reach(reader);
    return reader;
  }

  #reach({ position }: Pick<Reader<object>, 'position'>): void {
    if (this.feed.position !== undefined) position?.reach(this.feed.position);
  }

  /** What some filter or key cannot look at, of what a store tells, is in the log, and must not keep everybody away for as long. */
  #understoodPast(log: EventLog, lastEventId: string, filter: EventFilter): string | undefined {
    try {
      return this.#pastOf(log, lastEventId, filter);
    } catch (error) {
      this.#logger.debug(`An event that was missed is not understood: ${String(error)}`);
      return undefined;
    }
  }

  /** What a listener missed, in as much as it can be told at once; undefined where that is not known, or is more. */
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

  /** An event of a text/event-stream (WHATWG HTML, 9.2); JSON has no line breaks of its own. */
  #frame(id: string, data: SessionEventResponse): string {
    const { position } = this.feed;
    const told = position === undefined ? data : { ...data, read_position: writePosition(position) };
    return `id: ${id}\nevent: ${data.type}\ndata: ${JSON.stringify(told)}\n\n`;
  }
}
