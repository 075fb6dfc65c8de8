import { Logger } from '@nestjs/common';
import type { ComparedSession } from '../stores/hermes/outgoing/host-session.js';
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

/**
 * Finds messages that were changed in place, which neither the row of their session nor their number gives away: everything that was sent is
 * read again at both sides, little by little.
 */
export class TextCheck {
  readonly #logger = new Logger(TextCheck.name);
  /** Sessions that are next, and the rowid behind which the others are; undefined at the beginning. */
  #next: ComparedSession[] = [];
  #after: number | undefined;
  #due = performance.now() + INTERVAL;
  #begun = performance.now();

  constructor(private readonly history: OutgoingHistory) {}

  /** Which of the sessions that it is the turn of are not in the database as they are in the file; none until it is time again. */
  async differing(intake: HistoryIntake): Promise<readonly string[]> {
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

  async #compareSome(intake: HistoryIntake): Promise<readonly string[]> {
    const here = new Map<string, { readonly fingerprint: string; readonly digest: string }>();
    if (this.#next.length === 0) await this.#readOn();
    for (let bytes = 0; bytes < LIMITS.bytes;) {
      const session = this.#next.shift();
      if (session === undefined) break;
      const read = await this.#unlessItFails(() => this.#read(session));
      bytes += read?.bytes ?? 0;
      if (read?.digest !== undefined) here.set(session.id, { ...session, digest: read.digest });
    }
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
    if (this.#after === undefined) this.#begun = performance.now();
    const { sessions, next } = await this.history.sessionsBehind(this.#after, LIMITS.sessions);
    this.#next = [...sessions];
    this.#after = next ?? undefined;
    if (next === null) this.#due = Math.max(this.#due, this.#begun + WALK);
  }

  async #read({ id }: ComparedSession): Promise<{ readonly bytes: number; readonly digest?: string }> {
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
    return { bytes, digest: digest.end() };
  }
}
