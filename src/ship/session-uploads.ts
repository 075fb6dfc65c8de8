import { setImmediate } from 'node:timers/promises';
import type { HostMessage, HostSession, MessageMark } from '../stores/hermes/outgoing/host-session.js';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import type { SessionUpload } from '../stores/postgres/incoming/upload.js';
import { toWordRows } from '../stores/postgres/search/word-rows.js';
import { isSendable, stateOf, toIncomingMessage, toIncomingSession } from './to-upload.js';

/** Messages, and bytes of them, that are sent in one transaction, beyond the first. */
const BATCH_MESSAGES = 2000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Sessions that are sent in one transaction at most. */
const BATCH_SESSIONS = 200;

/** Sessions of so many messages are read at once, before it is known how large these are. */
const SMALL_SESSION = 50;

/** Something to send in one transaction. */
export interface Shipment {
  readonly uploads: readonly SessionUpload[];
  /** Sessions that the history has no more. */
  readonly gone: readonly string[];
  readonly messages: number;
}

/** What of a session is not at the database yet. */
interface Missing {
  readonly session: HostSession;
  readonly storedBytes: number;
  readonly marks: readonly MessageMark[];
  readonly removed: readonly number[];
  readonly way: SessionUpload['way'];
}

/** Finds out what of some sessions has to be sent, and reads it in pieces that fit into memory and into one transaction. */
export class SessionUploads {
  constructor(
    private readonly history: OutgoingHistory,
    private readonly intake: HistoryIntake,
    private readonly onSkip: (id: string) => void,
  ) {}

  /**
   * What has to be sent of some sessions, in as many pieces as it needs.
   * @param ids sessions that changed, were added or are gone.
   */
  async *shipments(ids: readonly string[]): AsyncGenerator<Shipment> {
    const known = await this.intake.fingerprints(ids);
    const buried = await this.intake.buried(ids);
    const wanted = ids.filter((id) => !buried.has(id));
    const found = await this.history.sessions(wanted);
    const gone = wanted.filter((_id, at) => found[at] === undefined);
    let batch = new Batch(gone);
    for await (const upload of this.#uploads(this.#due(found, known), known)) {
      if (batch.isFull(upload)) {
        yield batch.shipment();
        batch = new Batch([]);
      }
      batch.add(upload);
    }
    if (!batch.isEmpty) yield batch.shipment();
  }

  /** The sessions that are not as the database knows them. */
  #due(
    found: readonly (HostSession | undefined)[],
    known: ReadonlyMap<string, string>,
  ): readonly HostSession[] {
    return found.flatMap((session) => {
      if (session === undefined) return [];
      const { id } = session.fact;
      if (session.fingerprint === known.get(id)) return [];
      if (isSendable(session)) return [session];
      this.onSkip(id);
      return [];
    });
  }

  async *#uploads(
    due: readonly HostSession[],
    known: ReadonlyMap<string, string>,
  ): AsyncGenerator<SessionUpload> {
    const isSmall = ({ fact }: HostSession): boolean =>
      !known.has(fact.id) && fact.storedMessages <= SMALL_SESSION;
    for (let at = 0; at < due.length; at += BATCH_SESSIONS) {
      const some = due.slice(at, at + BATCH_SESSIONS);
      const small = some.filter(isSmall);
      const messages = await this.history.messages(small.map(({ fact }) => ({ session: fact })));
      for (const [position, session] of small.entries()) {
        yield toNewUpload(session, messages[position] ?? []);
        // The answers of the database to the piece that is under way are waiting meanwhile.
        await setImmediate();
      }
      for (const session of some) {
        if (!isSmall(session)) yield* this.#parts(await this.#missing(session, known.has(session.fact.id)));
      }
    }
  }

  async #missing(session: HostSession, isKnown: boolean): Promise<Missing> {
    const [here = []] = await this.history.marks([session.fact]);
    const there = isKnown ? await this.intake.marks(session.fact.id) : new Map<number, never>();
    const marks = here.filter((mark) => {
      const sent = there.get(mark.id);
      return sent?.state !== stateOf(mark) || sent.bytes !== mark.bytes;
    });
    const present = new Set(here.map(({ id }) => id));
    const removed = [...there.keys()].filter((id) => !present.has(id));
    let newest = -Infinity;
    for (const id of there.keys()) newest = Math.max(newest, id);
    const isAppended = removed.length === 0 && marks.every(({ id }) => id > newest);
    return {
      ...{ session, marks, removed, storedBytes: bytesOf(here) },
      way: !isAppended ? 'rewritten' : there.size === 0 ? 'new' : 'appended',
    };
  }

  async *#parts({ session, storedBytes, marks, removed, way }: Missing): AsyncGenerator<SessionUpload> {
    const incoming = toIncomingSession(session, storedBytes);
    const parts = partsOf(marks);
    for (const [at, part] of parts.entries()) {
      const isLast = at === parts.length - 1;
      const [found = []] =
        part.length === 0
          ? [[]]
          : await this.history.messages([{ session: session.fact, ids: part.map(({ id }) => id) }]);
      const messages = found.map(toIncomingMessage);
      yield {
        // Until its last piece has arrived, nothing is known of it for sure.
        session: isLast ? incoming : { ...incoming, fingerprint: '' },
        messages,
        removedMessages: isLast ? removed : [],
        way,
        words: toWordRows(messages),
      };
    }
  }
}

function toNewUpload(session: HostSession, found: readonly HostMessage[]): SessionUpload {
  const messages = found.map(toIncomingMessage);
  return {
    session: toIncomingSession(session, bytesOf(messages)),
    messages,
    removedMessages: [],
    way: 'new',
    words: toWordRows(messages),
  };
}

/** Messages in pieces that fit into a transaction; one without any where there are none. */
function partsOf(marks: readonly MessageMark[]): readonly (readonly MessageMark[])[] {
  const parts: MessageMark[][] = [[]];
  let bytes = 0;
  for (const mark of marks) {
    let part = parts.at(-1) ?? [];
    if (part.length > 0 && (part.length >= BATCH_MESSAGES || bytes + mark.bytes > BATCH_BYTES)) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(mark);
    bytes += mark.bytes;
  }
  return parts;
}

function bytesOf(messages: readonly { readonly bytes: number }[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What is gathered for one transaction. */
class Batch {
  readonly #uploads: SessionUpload[] = [];
  #messages = 0;
  #bytes = 0;

  constructor(private readonly gone: readonly string[]) {}

  get isEmpty(): boolean {
    return this.#uploads.length === 0 && this.gone.length === 0;
  }

  isFull({ messages }: SessionUpload): boolean {
    if (this.#uploads.length === 0) return false;
    return (
      this.#uploads.length >= BATCH_SESSIONS ||
      this.#messages + messages.length > BATCH_MESSAGES ||
      this.#bytes + bytesOf(messages) > BATCH_BYTES
    );
  }

  add(upload: SessionUpload): void {
    this.#uploads.push(upload);
    this.#messages += upload.messages.length;
    this.#bytes += bytesOf(upload.messages);
  }

  shipment(): Shipment {
    return { uploads: this.#uploads, gone: this.gone, messages: this.#messages };
  }
}
