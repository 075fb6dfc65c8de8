import { Logger } from '@nestjs/common';
import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { MessageDigest } from '../stores/postgres/incoming/message-digest.js';
import { partsOf } from './session-uploads.js';

/** How often some sessions are compared, and how long comparing all takes at least, in milliseconds. */
const INTERVAL = 10_000;
const WALK = 24 * 3600_000;

/** Most data of one batch, which both sides read completely. */
const LIMITS = { sessions: 100, bytes: 1024 * 1024 } as const;

/** Most data that is read from the file in one transaction. */
const PART = { sessions: 1, gone: 0, messages: 500, bytes: 1024 * 1024 } as const;

/** Larger sessions, in bytes, are not compared. */
const LARGEST = 64 * 1024 * 1024;

/** Fingerprint of a session row, and digest of its messages. */
interface SessionText {
  readonly fingerprint: string;
  readonly digest: string;
}

/**
 * Finds messages that were changed in place, which neither the session's row nor the number of its messages shows. It gradually reads
 * everything that was sent again on both sides.
 */
export class TextCheck {
  readonly #logger = new Logger(TextCheck.name);
  /** Ids of the next sessions; only ids, because other data would be outdated by the time they are compared. */
  #next: string[] = [];
  /** The rowid after which to continue; undefined at the beginning. */
  #after: number | undefined;
  #due = performance.now() + INTERVAL;
  /** When the current walk began; undefined before the first one. */
  #begun: number | undefined;
  /** Whether the walk began in the middle, so that another one follows at once. */
  #isPartial = false;

  constructor(private readonly history: OutgoingHistory) {}

  /** The sessions of the next batch that differ between database and file; none before the next interval. */
  async differing(intake: Pick<HistoryIntake, 'digests'>): Promise<readonly string[]> {
    if (performance.now() < this.#due) return [];
    this.#due = performance.now() + INTERVAL;
    return (await this.#unlessItFails(() => this.#compareSome(intake))) ?? [];
  }

  /** Failures to read are reported by the sender, and must not stop other work here. */
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
    // An agent may have continued a session while it was read.
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

  /** The first walk begins at a random session: a shipper that restarts often would otherwise never get past the oldest ones. */
  async #beginWalk(): Promise<void> {
    this.#isPartial = this.#begun === undefined;
    if (this.#isPartial) this.#after = Math.floor(Math.random() * (await this.history.newestSession()));
    this.#begun = performance.now();
  }

  #endWalk(): void {
    if (!this.#isPartial) this.#due = Math.max(this.#due, (this.#begun ?? 0) + WALK);
  }

  /** The texts of the next sessions, by id. */
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
