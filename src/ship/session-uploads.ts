import {
  isOfPresentForm,
  type HostSession,
  type MessageMark,
} from '../stores/hermes/outgoing/host-session.js';
import { isStoreFailure } from '../stores/hermes/file/sqlite-failure.js';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import {
  isBegunAnew,
  type HistoryIntake,
  type KnownSessions,
  type StoredMark,
} from '../stores/postgres/incoming/history-intake.js';
import type { SessionName } from '../stores/postgres/incoming/copied-messages.js';
import type { SessionUpload } from '../stores/postgres/incoming/upload.js';
import type { LoadingThreads } from './loading-threads.js';
import { isHollow } from './loss-rule.js';
import { isSendable, toIncomingSession, UNSENDABLE_ID } from './to-upload.js';

/**
 * Most data of one transaction, beyond the first message. A statement must finish within its time limit, however slow the connection and
 * the disk are.
 */
const LIMITS = { sessions: 400, gone: 200, messages: 5000, bytes: 6 * 1024 * 1024 } as const;

type Limits = Readonly<Record<keyof typeof LIMITS, number>>;

/** From this many new sessions on, they are read by separate threads, which take time to start. */
const MANY_SESSIONS = 100;

/** From this many messages on, a session is first checked for having only grown: comparing all messages at each commit would take long. */
const LONG_SESSION = 1000;

/** From this size on, in bytes, a single message may be too large for the time limit; a smaller one is not the cause of a timeout. */
const LARGE_MESSAGE = LIMITS.bytes / 64;

/** Whether an upload cannot be divided further and may still be too large. */
export function isIndivisible(uploads: readonly SessionUpload[]): boolean {
  const [first, ...others] = uploads;
  if (first === undefined || others.length > 0) return false;
  return first.messageIds.length === 1 && first.rows.messages.length > LARGE_MESSAGE;
}

/** Why a session is not sent that was deleted in the database and is in the file again. */
const DELETED =
  'it was deleted there and is in the file again; delete it here as well, or give it another id';

/** A deleted session, or an upload of some messages of a session. */
type Piece =
  | { readonly kind: 'gone'; readonly id: string }
  | {
      readonly kind: 'upload';
      readonly upload: SessionUpload;
      /** Whether the session loses most of its messages by this. */
      readonly isLoss: boolean;
    };

/** The data of one transaction. */
export interface Shipment {
  readonly uploads: readonly SessionUpload[];
  /** Sessions that the history no longer has. */
  readonly gone: readonly string[];
  readonly messages: number;
  /** How many sessions disappear, or lose most of their messages, by this. */
  readonly lost: number;
}

/** What the database has of a session. */
interface KnownSession {
  /** Its current or reserved number in the database. */
  readonly number: number;
  /** Empty if the session has not fully arrived; undefined if nothing of it has. */
  readonly fingerprint?: string;
  readonly messages?: number;
}

/** What the database lacks of a session. */
interface Missing {
  readonly session: HostSession;
  readonly number: number;
  readonly storedBytes: number;
  readonly marks: readonly MessageMark[];
  readonly removed: readonly number[];
  readonly way: 'appended' | 'rewritten';
  readonly isLoss: boolean;
}

/** Decisions that are made outside of an upload. */
export interface UploadDecisions {
  /** Called for a session that cannot be sent, with the reason. */
  skip(id: string, why: string): void;
  /** Called for a session that is sent without some messages, because their ids exceed 2^53 - 1. */
  lack(id: string, messages: number): void;
  /** Whether a session may be removed from the database if the history no longer has it, or lose most of its messages there. */
  mayGo(id: string): boolean;
  /** Whether the session must not be changed in the database. */
  holds(id: string): boolean;
  /** Called for a session that has lost so much only after the decision about the others. */
  postpone(id: string): void;
  /** Whether to send a whole session although its row and the number of its messages are unchanged. */
  isAnew(id: string): boolean;
  /** Whether to send whole sessions: a file with an older state has reused message ids. */
  readonly isWhole: boolean;
}

/** Determines what has to be sent of some sessions, and reads it in pieces that fit into memory and into one transaction. */
export class SessionUploads {
  readonly #limits: Limits;

  /** @param share of the usual transaction size. */
  constructor(
    private readonly history: OutgoingHistory,
    private readonly intake: HistoryIntake,
    private readonly loading: LoadingThreads,
    private readonly decisions: UploadDecisions,
    share = 1,
  ) {
    this.#limits = {
      sessions: LIMITS.sessions * share,
      gone: LIMITS.gone * share,
      messages: LIMITS.messages * share,
      bytes: LIMITS.bytes * share,
    };
  }

  /**
   * The shipments that some sessions need.
   * @param ids sessions that were changed, added or deleted.
   */
  async *shipments(ids: readonly string[]): AsyncGenerator<Shipment> {
    let batch = new Batch(this.#limits);
    for await (const piece of this.#pieces(ids)) {
      if (batch.isFull(piece)) {
        yield batch.shipment();
        batch = new Batch(this.#limits);
      }
      batch.add(piece);
    }
    if (!batch.isEmpty) yield batch.shipment();
  }

  async *#pieces(ids: readonly string[]): AsyncGenerator<Piece> {
    const { present, buried } = await this.intake.known(ids);
    const unwanted = await this.#unwanted(buried);
    const wanted = ids.filter((id) => !unwanted.has(id));
    const absent = wanted.filter((id) => !present.has(id) && !this.decisions.holds(id));
    const numbers = await this.intake.numbers(absent.length);
    const added = absent.map((id, at) => ({ id, number: numbers[at] ?? 0 }));
    const known = new Map<string, KnownSession>(present);
    if (added.length >= MANY_SESSIONS) yield* this.#loaded(added);
    else for (const { id, number } of added) known.set(id, { number });
    yield* this.#changed(
      wanted.filter((id) => known.has(id)),
      known,
    );
  }

  /** The deleted sessions, without those whose ids the history has reused. Deleted sessions that are in the file again are reported. */
  async #unwanted(buried: KnownSessions['buried']): Promise<ReadonlySet<string>> {
    const unwanted = new Set(buried.keys());
    for (const session of await this.history.sessions([...buried.keys()])) {
      if (session === undefined) continue;
      const { id } = session.fact;
      if (isBegunAnew(session.fact, buried)) unwanted.delete(id);
      else if (buried.get(id) !== Infinity) this.decisions.skip(id, DELETED);
    }
    return unwanted;
  }

  /** Reads many new sessions by threads. */
  async *#loaded(sessions: readonly SessionName[]): AsyncGenerator<Piece> {
    for await (const [loaded, rows] of this.loading.load(sessions)) {
      switch (loaded.kind) {
        case 'gone':
          break;
        case 'unsendable':
          this.decisions.skip(loaded.id, loaded.why);
          break;
        case 'large':
          yield* this.#read(loaded.session.fact.id, () => this.#compared(loaded.session, loaded));
          break;
        case 'whole': {
          const { session, number, messageIds } = loaded;
          const lacking = session.storedMessages - messageIds.length;
          if (lacking > 0) this.decisions.lack(session.id, lacking);
          const upload = {
            session,
            number,
            messageIds,
            rows,
            removedMessages: [],
            way: { kind: 'new' },
          } as const;
          yield { kind: 'upload', upload, isLoss: false };
        }
      }
    }
  }

  /** The sessions that differ from the database's. */
  async *#changed(ids: readonly string[], known: ReadonlyMap<string, KnownSession>): AsyncGenerator<Piece> {
    const found = await this.history.sessions(ids);
    const gone = ids.filter((id, at) => found[at] === undefined && known.get(id)?.fingerprint !== undefined);
    for (const id of gone) {
      if (this.decisions.mayGo(id)) yield { kind: 'gone', id };
      else this.decisions.postpone(id);
    }
    for (const [at, id] of ids.entries()) {
      const session = found[at];
      const there = known.get(id);
      if (there === undefined || session === undefined) continue;
      if (session.fingerprint === there.fingerprint && !this.decisions.isAnew(id)) continue;
      if (this.decisions.holds(id)) continue;
      if (!isSendable(session)) this.decisions.skip(id, UNSENDABLE_ID);
      else yield* this.#read(id, () => this.#missing(session, there));
    }
  }

  /** The pieces of one session. A failure of this session does not keep others from being sent. */
  async *#read(id: string, find: () => Promise<Missing | undefined>): AsyncGenerator<Piece> {
    try {
      const missing = await find();
      if (missing !== undefined) yield* this.#parts(missing);
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      this.decisions.skip(id, String(error));
    }
  }

  async #missing(session: HostSession, there: KnownSession): Promise<Missing | undefined> {
    const isLong = session.fact.storedMessages >= LONG_SESSION && !this.#isWhole(session);
    const grown =
      isLong && isOfPresentForm(there.fingerprint ?? '') ? await this.#grown(session, there) : undefined;
    return grown ?? this.#compared(session, there);
  }

  #isWhole({ fact }: HostSession): boolean {
    return this.decisions.isWhole || this.decisions.isAnew(fact.id);
  }

  /** The new messages of a long session that only grew, as running sessions do; the common part is not compared. */
  async #grown(session: HostSession, { number }: KnownSession): Promise<Missing | undefined> {
    const there = await this.intake.extent(session.fact.id);
    const tail = await this.history.tail(session.fact, there.newestId);
    if (tail === undefined || tail.before !== there.messages || tail.inactiveBefore !== there.inactive)
      return undefined;
    // Messages were deleted and their ids reused, because an older state of the file was restored.
    if (there.messages > 0 && tail.timestamp !== there.newestAt) return undefined;
    const storedBytes = there.bytes + bytesOf(tail.marks);
    return { session, number, storedBytes, marks: tail.marks, removed: [], way: 'appended', isLoss: false };
  }

  /** @returns undefined if the session has lost most of its messages since its row was read, and that loss is not allowed. */
  async #compared(session: HostSession, known: KnownSession): Promise<Missing | undefined> {
    const { number, fingerprint } = known;
    const { marks: here, messages } = await this.history.contents(session.fact);
    if (messages > here.length) this.decisions.lack(session.fact.id, messages - here.length);
    // Counted as in the decisions about losses, so that a postponed session counts as a loss there, too.
    const isLoss = isHollow(known.messages ?? 0, messages);
    if (isLoss && !this.decisions.mayGo(session.fact.id)) {
      this.decisions.postpone(session.fact.id);
      return undefined;
    }
    const there =
      fingerprint !== undefined ? await this.intake.marks(session.fact.id) : new Map<number, never>();
    const marks = this.#isWhole(session) ? here : here.filter((mark) => !isSame(mark, there.get(mark.id)));
    const present = new Set(here.map(({ id }) => id));
    const removed = [...there.keys()].filter((id) => !present.has(id));
    let newest = -Infinity;
    for (const id of there.keys()) newest = Math.max(newest, id);
    const isAppended = removed.length === 0 && marks.every(({ id }) => id > newest);
    return {
      session,
      number,
      marks,
      removed,
      storedBytes: bytesOf(here),
      way: isAppended ? 'appended' : 'rewritten',
      isLoss,
    };
  }

  async *#parts({
    session,
    number,
    storedBytes,
    marks,
    removed,
    way,
    isLoss,
  }: Missing): AsyncGenerator<Piece> {
    const incoming = toIncomingSession(session, storedBytes);
    const parts = partsOf(marks, this.#limits);
    for (const [at, part] of parts.entries()) {
      const isLast = at === parts.length - 1;
      const [messages = []] =
        part.length === 0
          ? [[]]
          : await this.history.messages([{ session: session.fact, ids: part.map(({ id }) => id) }]);
      const upload = {
        // An empty fingerprint marks the session as incomplete until the last part has arrived.
        session: isLast ? incoming : { ...incoming, fingerprint: '' },
        number,
        messageIds: messages.map(({ id }) => id),
        rows: this.intake.prepare({ id: incoming.id, number }, messages),
        removedMessages: isLast ? removed : [],
        way: { kind: way, messages },
      };
      yield { kind: 'upload', upload, isLoss: isLoss && isLast };
    }
  }
}

/** Whether a message in the database equals the one at the host. */
function isSame(mark: MessageMark, sent: StoredMark | undefined): boolean {
  return (
    sent?.state === mark.state &&
    sent.bytes === mark.bytes &&
    sent.timestamp === mark.timestamp &&
    sent.place === mark.place
  );
}

/** Splits messages into parts that fit into a transaction; a single empty part if there are none. */
export function partsOf(marks: readonly MessageMark[], limits: Limits): readonly (readonly MessageMark[])[] {
  const parts: MessageMark[][] = [[]];
  let bytes = 0;
  for (const mark of marks) {
    let part = parts.at(-1) ?? [];
    if (part.length > 0 && (part.length >= limits.messages || bytes + mark.bytes > limits.bytes)) {
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

/** Collects the data of one transaction. */
class Batch {
  readonly #uploads: SessionUpload[] = [];
  readonly #gone: string[] = [];
  #messages = 0;
  #bytes = 0;
  #emptied = 0;

  constructor(private readonly limits: Limits) {}

  get isEmpty(): boolean {
    return this.#uploads.length === 0 && this.#gone.length === 0;
  }

  isFull(piece: Piece): boolean {
    if (this.#gone.length >= this.limits.gone) return true;
    if (this.#uploads.length === 0 || piece.kind === 'gone') return false;
    const { messageIds, rows } = piece.upload;
    return (
      this.#uploads.length >= this.limits.sessions ||
      this.#messages + messageIds.length > this.limits.messages ||
      this.#bytes + rows.messages.length > this.limits.bytes
    );
  }

  add(piece: Piece): void {
    if (piece.kind === 'gone') {
      this.#gone.push(piece.id);
      return;
    }
    const { messageIds, rows } = piece.upload;
    this.#uploads.push(piece.upload);
    if (piece.isLoss) this.#emptied++;
    this.#messages += messageIds.length;
    this.#bytes += rows.messages.length;
  }

  shipment(): Shipment {
    return {
      uploads: this.#uploads,
      gone: this.#gone,
      messages: this.#messages,
      lost: this.#gone.length + this.#emptied,
    };
  }
}
