import type { StoreEvent } from '../sessions/session-event.js';
import { EventIds } from './event-ids.js';

/** Events kept for listeners that resume. */
const MAX_EVENTS = 5000;

/** Total size of the kept events as JSON, in UTF-16 units. */
const MAX_SIZE = 8 * 1024 * 1024;

/** An event with its sequence number. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly event: StoreEvent;
  /** Its size as JSON, in UTF-16 units. */
  readonly size: number;
}

/** The newest events in order, and ids with which a listener names the last event that it received. */
export class EventLog {
  readonly #ids = new EventIds();
  readonly #events: LoggedEvent[] = [];
  #sequence = 0;
  #size = 0;

  /** How many events are kept at the moment. */
  get length(): number {
    return this.#events.length;
  }

  /** The id for having received everything up to now. */
  lastId(): string {
    return this.idOf(this.#sequence);
  }

  idOf(sequence: number): string {
    return this.#ids.of(sequence);
  }

  add(event: StoreEvent): LoggedEvent {
    const logged = { sequence: ++this.#sequence, event, size: JSON.stringify(event).length };
    this.#events.push(logged);
    this.#size += logged.size;
    while (this.#events.length > MAX_EVENTS || (this.#size > MAX_SIZE && this.#events.length > 1))
      this.#size -= this.#events.shift()?.size ?? 0;
    return logged;
  }

  /** The events after an id; undefined if they are not kept any more, or the id is unknown. */
  since(id: string): readonly LoggedEvent[] | undefined {
    const sequence = this.#ids.sequenceOf(id);
    if (sequence === undefined) return undefined;
    const oldest = this.#events[0]?.sequence ?? this.#sequence + 1;
    if (sequence < oldest - 1) return undefined;
    return this.#events.slice(sequence - oldest + 1);
  }
}
