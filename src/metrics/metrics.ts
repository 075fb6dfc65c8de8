import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { StoreObserver, type SearchEnd } from '../sessions/store-observer.js';
import type { ProfileMeasurements, StandbyMeasurements } from '../sessions/store-health.js';

/** Histogram buckets in seconds, for operations that normally take milliseconds. */
const LATENCIES = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Metrics of the process. They are global, because their collectors never stop, and several servers may run in one process. */
const OF_PROCESS = new Registry();
collectDefaultMetrics({ register: OF_PROCESS, prefix: 'hermes_sessions_' });

/** The state of the store. */
export interface StoreMeasurements {
  /** Whether requests can be answered. */
  readonly isReady: boolean;
  /** Empty while the store is unavailable. */
  readonly profiles: readonly ProfileMeasurements[];
  readonly standbys: readonly StandbyMeasurements[];
}

/** All metrics of a server, in a registry of its own. */
@Injectable()
export class Metrics extends StoreObserver {
  readonly #registry = new Registry();

  readonly #requests = new Histogram({
    name: 'hermes_sessions_http_request_duration_seconds',
    help: 'Requests by method, route and status, and how long their answers took.',
    labelNames: ['method', 'route', 'status'],
    buckets: LATENCIES,
    registers: [this.#registry],
  });

  readonly #answers = new Counter({
    name: 'hermes_sessions_answers_total',
    help: 'Answers of the store by where they came from: kept bytes, or computed.',
    labelNames: ['source'],
    registers: [this.#registry],
  });

  readonly #searches = new Histogram({
    name: 'hermes_sessions_search_duration_seconds',
    help: 'Searches by how they ended, and how long they took with their waiting.',
    labelNames: ['end'],
    buckets: LATENCIES,
    registers: [this.#registry],
  });

  readonly #lockWaits = new Counter({
    name: 'hermes_sessions_store_busy_retries_total',
    help: 'Reads and writes that were tried again because the owner held the lock.',
    labelNames: ['profile'],
    registers: [this.#registry],
  });

  readonly #listeners = new Gauge({
    name: 'hermes_sessions_event_listeners',
    help: 'Connections that listen to live events.',
    registers: [this.#registry],
  });

  readonly #events = new Counter({
    name: 'hermes_sessions_events_total',
    help: 'Live events by kind, whoever listened.',
    labelNames: ['kind'],
    registers: [this.#registry],
  });

  readonly #droppedListeners = new Counter({
    name: 'hermes_sessions_event_listeners_dropped_total',
    help: 'Listeners that were dropped because they read too slowly.',
    registers: [this.#registry],
  });

  readonly #trashBytes = new Gauge({
    name: 'hermes_sessions_trash_bytes',
    help: 'Size of what is kept of deleted sessions, of all servers that share the folder.',
    registers: [this.#registry],
  });

  readonly #trashEntries = new Gauge({
    name: 'hermes_sessions_trash_entries',
    help: 'Deletions that can be taken back.',
    registers: [this.#registry],
  });

  readonly #ready = new Gauge({
    name: 'hermes_sessions_ready',
    help: 'Whether requests can be answered: 1 or 0, as /readyz says it; 0 while the database is away.',
    registers: [this.#registry],
  });

  readonly #standbys = new Gauge({
    name: 'hermes_sessions_standby_behind_seconds',
    help: 'Time since a standby is known to have had everything, to within ten seconds; one that is more than a minute behind is not read.',
    labelNames: ['standby'],
    registers: [this.#registry],
  });

  readonly #profiles = {
    ready: this.#profileGauge('profile_ready', 'Whether the history is served: 1 or 0.'),
    sessions: this.#profileGauge('store_sessions', 'Session rows.'),
    messages: this.#profileGauge('store_messages', 'Message rows of these sessions.'),
    fileBytes: this.#profileGauge('store_file_bytes', 'Size of the history file.'),
    journalBytes: this.#profileGauge(
      'store_journal_bytes',
      'Size of its write-ahead log; 0 where it has none.',
    ),
    indexAgeSeconds: this.#profileGauge(
      'index_age_seconds',
      'Time since the index was last known to be true.',
    ),
    searchesWaiting: this.#profileGauge('search_queue_length', 'Searches that wait for a thread.'),
    comparedSeconds: this.#profileGauge(
      'history_compared_seconds',
      'Time since everything that the host has was last found to be in the database.',
    ),
    heldSessions: this.#profileGauge(
      'held_sessions',
      'Sessions that the host has no more, or has lost messages of, and that stay in the database until somebody accepts that they go.',
    ),
  };

  /** Media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Records a finished request. @param route the route's pattern, which is the same for all ids. */
  answered(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void {
    const { method, route, status, seconds } = request;
    this.#requests.observe({ method, route, status }, seconds);
  }

  /** Records whether an answer of the store came from the cache. */
  answeredFrom(source: 'kept' | 'computed'): void {
    this.#answers.inc({ source });
  }

  override searched(end: SearchEnd, seconds: number): void {
    this.#searches.observe({ end }, seconds);
  }

  override waitedForLock(profile: string): void {
    this.#lockWaits.inc({ profile });
  }

  /** Sets the number of connections that listen to live events. */
  listening(count: number): void {
    this.#listeners.set(count);
  }

  /** Sets the size of the trash. */
  trashHolds({ bytes, entries }: { readonly bytes: number; readonly entries: number }): void {
    this.#trashBytes.set(bytes);
    this.#trashEntries.set(entries);
  }

  /** Records a live event. */
  happened(kind: string): void {
    this.#events.inc({ kind });
  }

  /** Records a listener that was dropped because it read too slowly. */
  droppedListener(): void {
    this.#droppedListeners.inc();
  }

  /** All metrics in Prometheus's text format, with the given state of the store. */
  async text({ isReady, profiles, standbys }: StoreMeasurements): Promise<string> {
    this.#ready.set(isReady ? 1 : 0);
    this.#standbys.reset();
    for (const { name, behindSeconds } of standbys) this.#standbys.set({ standby: name }, behindSeconds);
    for (const gauge of Object.values(this.#profiles)) gauge.reset();
    for (const measured of profiles) {
      const { profile, origin } = measured;
      const labels = origin === null ? { profile } : { profile, origin };
      this.#profiles.ready.set(labels, measured.ready ? 1 : 0);
      this.#profiles.sessions.set(labels, measured.sessions);
      this.#profiles.messages.set(labels, measured.messages);
      this.#profiles.fileBytes.set(labels, measured.fileBytes);
      this.#profiles.journalBytes.set(labels, measured.journalBytes);
      this.#profiles.searchesWaiting.set(labels, measured.searchesWaiting);
      if (measured.indexAgeSeconds !== null) {
        this.#profiles.indexAgeSeconds.set(labels, measured.indexAgeSeconds);
      }
      if (measured.shipping === null) continue;
      const { comparedSeconds, heldSessions } = measured.shipping;
      this.#profiles.heldSessions.set(labels, heldSessions);
      if (comparedSeconds !== null) this.#profiles.comparedSeconds.set(labels, comparedSeconds);
    }
    return `${await this.#registry.metrics()}${await OF_PROCESS.metrics()}`;
  }

  #profileGauge(name: string, help: string): Gauge<'profile' | 'origin'> {
    return new Gauge({
      name: `hermes_sessions_${name}`,
      help,
      labelNames: ['profile', 'origin'],
      registers: [this.#registry],
    });
  }
}
