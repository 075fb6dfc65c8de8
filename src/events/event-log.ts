import type { StoreEvent } from '../sessions/session-event.js';
import { EventIds } from './event-ids.js';

/** Events that are remembered for who comes back. */
const MAX_EVENTS = 5000;

/** What they may take together, as JSON, in UTF-16 units. */
const MAX_SIZE = 8 * 1024 * 1024;

/** An event with its place among all. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly event: StoreEvent;
  /** All that it holds, as JSON, in UTF-16 units. */
  readonly size: number;
}

/** The newest events, in their order, and the ids by which a listener says what it heard last. */
export class EventLog {
  readonly #ids = new EventIds();
  readonly #events: LoggedEvent[] = [];
  #sequence = 0;
  #size = 0;

  /** How many events there are at the moment. */
  get length(): number {
    return this.#events.length;
  }

  /** An id that says that everything up to now was heard. */
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

  /** What came behind an id; undefined where that is not known any more, or never was. */
  since(id: string): readonly LoggedEvent[] | undefined {
    const sequence = this.#ids.sequenceOf(id);
    if (sequence === undefined) return undefined;
    const oldest = this.#events[0]?.sequence ?? this.#sequence + 1;
    if (sequence < oldest - 1) return undefined;
    return this.#events.slice(sequence - oldest + 1);
  }
}
