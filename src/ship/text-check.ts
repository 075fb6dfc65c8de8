import { Logger } from '@nestjs/common';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { MessageDigest } from '../stores/postgres/incoming/message-digest.js';
import { partsOf } from './session-uploads.js';

/** How often some sessions are looked at, and how long it takes at least to look at all of them, in milliseconds. */
const INTERVAL = 10_000;
const WALK = 24 * 3600_000;

/** What is looked at in one go: both sides read all of it. */
const LIMITS = { sessions: 100, bytes: 1024 * 1024 } as const;

/** What is read in one moment of the file. */
const PART = { sessions: 1, gone: 0, messages: 500, bytes: 1024 * 1024 } as const;

/** Bytes of a session of which neither side reads everything for this. */
const LARGEST = 64 * 1024 * 1024;

/** A session, and all that is sent of it, each in one word. */
interface SessionText {
  readonly fingerprint: string;
  readonly digest: string;
}

/**
 * Finds messages that were changed in place, which neither the row of their session nor their number gives away: everything that was sent is
 * read again at both sides, little by little.
 */
export class TextCheck {
  readonly #logger = new Logger(TextCheck.name);
  /** Ids of the sessions that are next: what else is known of them would be old by the time it is their turn. */
  #next: string[] = [];
  /** The rowid behind which the others are; undefined at the beginning. */
  #after: number | undefined;
  #due = performance.now() + INTERVAL;
  /** When the walk began; undefined before the first one. */
  #begun: number | undefined;
  /** Whether the walk began somewhere in the middle, so that another one is due at its end. */
  #isPartial = false;

  constructor(private readonly history: OutgoingHistory) {}

  /** Which of the sessions that it is the turn of are not in the database as they are in the file; none until it is time again. */
  async differing(intake: Pick<HistoryIntake, 'digests'>): Promise<readonly string[]> {
    if (performance.now() < this.#due) return [];
    this.#due = performance.now() + INTERVAL;
    return (await this.#unlessItFails(() => this.#compareSome(intake))) ?? [];
  }

  /** What cannot be read is met by who sends it, and keeps nothing else back. */
  async #unlessItFails<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#logger.debug(`Some messages were not compared: ${String(error)}`);
      return undefined;
    }
  }

  async #compareSome(intake: Pick<HistoryIntake, 'digests'>): Promise<readonly string[]> {
    if (this.#next.length === 0) await this.#readOn();
    const here = await this.#readSome();
    if (this.#next.length === 0 && this.#after === undefined) this.#endWalk();
    const there = await intake.digests([...here.keys()]);
    const differing = [...here].filter(([id, { fingerprint, digest }]) => {
      const stored = there.get(id);
      return stored?.fingerprint === fingerprint && stored.digest !== digest;
    });
    // An agent may have gone on while they were read.
    const now = await this.history.sessions(differing.map(([id]) => id));
    return differing
      .filter(([, { fingerprint }], at) => now[at]?.fingerprint === fingerprint)
      .map(([id]) => id);
  }

  async #readOn(): Promise<void> {
    if (this.#after === undefined) await this.#beginWalk();
    const { sessions, next } = await this.history.sessionsBehind(this.#after, LIMITS.sessions);
    this.#next = sessions.map(({ id }) => id);
    this.#after = next ?? undefined;
  }

  /** The first walk begins anywhere: a shipper that is often started anew would never get beyond the oldest sessions. */
  async #beginWalk(): Promise<void> {
    this.#isPartial = this.#begun === undefined;
    if (this.#isPartial) this.#after = Math.floor(Math.random() * (await this.history.newestSession()));
    this.#begun = performance.now();
  }

  #endWalk(): void {
    if (!this.#isPartial) this.#due = Math.max(this.#due, (this.#begun ?? 0) + WALK);
  }

  /** The next sessions, by their ids. */
  async #readSome(): Promise<ReadonlyMap<string, SessionText>> {
    const here = new Map<string, SessionText>();
    for (let bytes = 0; bytes < LIMITS.bytes;) {
      const id = this.#next.shift();
      if (id === undefined) break;
      const read = await this.#unlessItFails(() => this.#read(id));
      bytes += read?.bytes ?? 0;
      if (read?.text !== undefined) here.set(id, read.text);
    }
    return here;
  }

  async #read(id: string): Promise<{ readonly bytes: number; readonly text?: SessionText }> {
    const [session] = await this.history.sessions([id]);
    if (session === undefined) return { bytes: 0 };
    const [marks = []] = await this.history.marks([{ id }]);
    const bytes = marks.reduce((sum, mark) => sum + mark.bytes, 0);
    if (bytes > LARGEST) return { bytes: 0 };
    const digest = new MessageDigest();
    for (const part of partsOf(marks, PART)) {
      const [messages = []] = await this.history.messages([
        { session: { id }, ids: part.map((mark) => mark.id) },
      ]);
      for (const message of messages) digest.add(message);
    }
    return { bytes, text: { fingerprint: session.fingerprint, digest: digest.end() } };
  }
}
