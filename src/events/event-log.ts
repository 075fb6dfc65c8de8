import { randomBytes } from 'node:crypto';
import type { StoreEvent } from '../sessions/session-event.js';

/** Events that are remembered for who comes back. */
const MAX_EVENTS = 5000;

/** What they may take together, by their messages' text, in UTF-16 units. */
const MAX_TEXT = 8 * 1024 * 1024;

/** An event with its place among all. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly event: StoreEvent;
}

/** The newest events, in their order, and the ids by which a listener says what it heard last. */
export class EventLog {
  /** Ids of another log, or of another process, are not taken for ones of this. */
  readonly #name = randomBytes(6).toString('hex');
  readonly #events: LoggedEvent[] = [];
  #sequence = 0;
  #text = 0;

  /** The id that says that everything up to now was heard. */
  get lastId(): string {
    return this.idOf(this.#sequence);
  }

  idOf(sequence: number): string {
    return `${this.#name}-${sequence}`;
  }

  add(event: StoreEvent): LoggedEvent {
    const logged = { sequence: ++this.#sequence, event };
    this.#events.push(logged);
    this.#text += sizeOf(event);
    while (this.#events.length > MAX_EVENTS || (this.#text > MAX_TEXT && this.#events.length > 1)) {
      const oldest = this.#events.shift();
      if (oldest !== undefined) this.#text -= sizeOf(oldest.event);
    }
    return logged;
  }

  /** What came behind an id; undefined where that is not known any more, or never was. */
  since(id: string): readonly LoggedEvent[] | undefined {
    const [, name, digits] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id) ?? [];
    const sequence = Number(digits);
    if (name !== this.#name || sequence > this.#sequence) return undefined;
    const oldest = this.#events[0]?.sequence ?? this.#sequence + 1;
    if (sequence < oldest - 1) return undefined;
    return this.#events.slice(sequence - oldest + 1);
  }
}

function sizeOf(event: StoreEvent): number {
  if (event.kind !== 'message') return 1000;
  const { content } = event.message;
  return 1000 + (typeof content === 'string' ? content.length : JSON.stringify(content).length);
}
