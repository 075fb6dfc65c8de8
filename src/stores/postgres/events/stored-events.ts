import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { HistoryName } from '../../../domain/access.js';
import type { SessionFeed } from '../../../sessions/session-feed.js';
import type { EventView, StoreEvent } from '../../../sessions/session-event.js';
import { Notifications } from '../connection/notifications.js';
import { writtenPosition } from '../connection/log-position.js';
import { PostgresConnection } from '../connection/postgres-connection.js';
import { readToldMessages } from '../transcript/transcript.js';
import { CHANGE_CHANNEL, CHANGE_LIFE } from '../write/history-change.js';
import { toSessionEvent, viewOf } from '../../read-model/listed-change.js';
import { decodeChange, type StoredChange } from './stored-change.js';

/** How often changes are polled, in milliseconds, because a pooler may swallow notifications. */
const LOOK_INTERVAL = 2000;

/** Most changes that are read in one batch. */
const AT_ONCE = 500;

/** Most bytes of messages that are announced in one batch; beyond that, listeners get a reset and read again. */
const MOST_BYTES = 32 * 1024 * 1024;

type Listener = (event: StoreEvent) => void;

/** How far a history's changes have been announced. */
interface Told {
  readonly name: HistoryName;
  readonly version: number;
}

/** A decoded change with its event. */
interface UnderstoodChange {
  readonly change: StoredChange;
  readonly event: StoreEvent | undefined;
  /** The session after the change as filters see it, as a row and as its conversation's entry. */
  readonly row: EventView | undefined;
  readonly conversation: EventView | undefined;
}

/** Announces changes of all histories while somebody listens, whichever server or shipper makes them. */
@Injectable()
export class StoredEvents implements SessionFeed {
  readonly #logger = new Logger(StoredEvents.name);
  #listener: Listener | undefined;
  #notifications: Notifications | undefined;
  #timer: NodeJS.Timeout | undefined;
  #told = new Map<number, Told>();
  #position: bigint | undefined;
  #lookedAt = 0;
  #isLooking = false;
  #isAsked = false;

  constructor(private readonly connection: PostgresConnection) {}

  get position(): bigint | undefined {
    return this.#position;
  }

  async follow(listener: Listener): Promise<void> {
    this.#listener = listener;
    this.#told = await this.connection.current((manager) => this.#readVersions(manager));
    // `unfollow` may have been called meanwhile.
    if (this.#listener !== listener) return;
    this.#lookedAt = Date.now();
    this.#notifications = new Notifications(this.connection.location.url, CHANGE_CHANNEL, () => {
      this.#look();
    });
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_INTERVAL);
    this.#timer.unref();
    await this.#notifications.start();
  }

  unfollow(): void {
    this.#listener = undefined;
    this.#notifications?.stop();
    this.#notifications = undefined;
    clearInterval(this.#timer);
  }

  /** One poll at a time; a request during a poll starts another one afterwards. */
  #look(): void {
    this.#isAsked = true;
    if (!this.#isLooking) void this.#lookWhileAsked();
  }

  async #lookWhileAsked(): Promise<void> {
    this.#isLooking = true;
    while (this.#isAsked && this.#listener !== undefined) {
      this.#isAsked = false;
      try {
        const events = await this.connection.current((manager) => this.#collect(manager));
        for (const event of events) this.#tell(event);
      } catch (error) {
        // After a failure to read, the next poll tries again.
        this.#logger.debug(`The events rest: ${String(error)}`);
        break;
      }
    }
    this.#isLooking = false;
  }

  /** Decodes what a host has written; undefined if it is invalid, which becomes a reset of that history only. */
  #understand(text: string, name: HistoryName): UnderstoodChange | undefined {
    try {
      const change = decodeChange(text);
      if (change === undefined) return undefined;
      const [row, conversation] = [change.row, change.conversation].map(
        ({ after }) => after && viewOf(after),
      );
      return { change, event: toSessionEvent(name, change), row, conversation };
    } catch (error) {
      this.#logger.debug(`A change of ${name.origin ?? name.profile} is not understood: ${String(error)}`);
      return undefined;
    }
  }

  /** Listeners decode further parts of the change, so an event that makes them fail becomes a reset, too. */
  #tell(event: StoreEvent): void {
    try {
      this.#listener?.(event);
    } catch (error) {
      this.#logger.debug(`An event of ${event.origin ?? event.profile} is not understood: ${String(error)}`);
      this.#listener?.({ kind: 'reset', profile: event.profile, origin: event.origin });
    }
  }

  async #collect(manager: EntityManager): Promise<readonly StoreEvent[]> {
    const now = Date.now();
    const versions = await this.#readVersions(manager);
    const mayBeForgotten = now - this.#lookedAt > (CHANGE_LIFE * 1000) / 2;
    const events: StoreEvent[] = [];
    for (const [historyId, { name, version }] of versions) {
      const told = this.#told.get(historyId)?.version ?? 0;
      if (version === told) continue;
      // A restored backup, or a promoted standby that lagged, has undone announced changes.
      if (mayBeForgotten || version < told) events.push({ kind: 'reset', ...name });
      else events.push(...(await this.#read(manager, historyId, { name, version: told })));
    }
    for (const [historyId, { name }] of this.#told)
      if (!versions.has(historyId)) events.push({ kind: 'reset', ...name });
    // Only after all reads succeeded: a failed read is repeated, as long as the changes are kept.
    this.#lookedAt = now;
    this.#told = new Map([...versions]);
    return events;
  }

  async #read(
    manager: EntityManager,
    historyId: number,
    { name, version }: Told,
  ): Promise<readonly StoreEvent[]> {
    const rows = await manager.query<{ change: string }[]>(
      'SELECT change FROM changes WHERE history_id = $1 AND version > $2 ORDER BY version, place LIMIT $3',
      [historyId, version, AT_ONCE + 1],
    );
    if (rows.length > AT_ONCE) return [{ kind: 'reset', ...name }];
    const sessions: StoreEvent[] = [];
    const messages: StoreEvent[] = [];
    let bytes = 0;
    for (const { change: text } of rows) {
      const told = this.#understand(text, name);
      if (told === undefined) return [{ kind: 'reset', ...name }];
      const { change, event, row, conversation } = told;
      if (event !== undefined) sessions.push(event);
      if (row === undefined || change.messageIds.length === 0) continue;
      for (const message of await readToldMessages(manager, historyId, change.id, change.messageIds)) {
        messages.push({ kind: 'message', ...name, sessionId: change.id, ...message.told, row, conversation });
        bytes += message.bytes;
      }
      if (bytes > MOST_BYTES) return [{ kind: 'reset', ...name }];
    }
    // Session events first, so that listeners know the session of each message.
    return [...sessions, ...messages];
  }

  async #readVersions(manager: EntityManager): Promise<Map<number, Told>> {
    const rows = await manager.query<{ id: number; origin: string; profile: string; version: number }[]>(
      'SELECT id, origin, profile, version FROM histories',
    );
    // Read after the snapshot was taken, so it covers every change in the snapshot.
    if (!this.connection.isSingle) this.#position = await writtenPosition(manager);
    return new Map(
      rows.map(({ id, origin, profile, version }) => [id, { name: { origin, profile }, version }]),
    );
  }
}
