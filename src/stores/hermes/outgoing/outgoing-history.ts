import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { readLeases } from '../file/leases.js';
import { BEFORE_ALL_ROWS, newestRowid } from '../file/rowids.js';
import { fileSize } from '../file/state-db-file.js';
import type { SessionIndex } from '../index/session-index.js';
import type { ThreadedFile } from '../threads/file-threads.js';
import type { ThreadSource } from '../threads/thread-file.js';
import { HistoryFeed } from './history-feed.js';
import {
  hasGivenAgain,
  readFingerprints,
  readHostSession,
  readMarks,
  readMessages,
  readMessageTimes,
  readNewestMessageId,
  readSize,
  readTail,
  type ComparedSession,
  type ComparedSlice,
  type HostMessage,
  type HostSession,
  type KnownMessage,
  type MessageMark,
  type MessageTail,
  type SessionKey,
  type WantedMessages,
} from './host-session.js';
import { READING } from '../waits.js';

/** Sessions compared per snapshot of the file, so that no snapshot is long. */
const SLICE = 500;

/** Properties of a history as a whole. */
export interface HistoryDescription {
  readonly schemaVersion: number | null;
  readonly canArchive: boolean;
  readonly canPin: boolean;
  readonly canDelete: boolean;
  readonly fileBytes: number;
}

/** What shows that another file, or an older one, has taken the place of a history's. */
export interface FileMark {
  /**
   * The inode. Not the device, whose number can change when the machine restarts, nor the creation time, which not every file system keeps: both
   * would raise false alarms. A different file with the same inode is noticed by its content.
   */
  readonly fileId: string;
  /** The highest id that a message ever had; 0 if there never was one. */
  readonly newestMessageId: number;
}

/** What a session consists of. */
export interface SessionContents {
  readonly marks: readonly MessageMark[];
  /** The number of all of its messages, including those without a mark because JavaScript numbers cannot tell their ids apart. */
  readonly messages: number;
}

/** A history as it is sent elsewhere: its changes and its content, read in short snapshots. */
export class OutgoingHistory implements ThreadedFile {
  readonly feed: HistoryFeed;

  constructor(
    private readonly connection: HermesConnection,
    index: SessionIndex,
  ) {
    this.feed = new HistoryFeed(connection, index);
  }

  /** The history as passed to a thread. */
  get source(): ThreadSource {
    return this.connection.source;
  }

  /** Registers what else has the file open, so that it is closed before the file is opened again. */
  closeWith(close: () => Promise<void>): void {
    this.connection.closeWith(close);
  }

  async describe(): Promise<HistoryDescription> {
    const { layout, canFireTriggers } = await this.connection.current();
    return {
      schemaVersion: layout.schemaVersion,
      canArchive: layout.sessionColumns.has('archived'),
      canPin: layout.sessionColumns.has('pinned'),
      canDelete: canFireTriggers,
      fileBytes: fileSize(this.connection.location.stateDb),
    };
  }

  /** Identifies the file, and how far it has got. */
  fileMark(): Promise<FileMark> {
    return this.connection.snapshot((history) => ({
      fileId: String(history.identity.inode),
      newestMessageId: readNewestMessageId(history),
    }));
  }

  /** Ids, fingerprints and message counts of all sessions, in batches, oldest rows first. */
  async *fingerprints(): AsyncGenerator<readonly ComparedSession[]> {
    for (let after: number | null = BEFORE_ALL_ROWS; after !== null;) {
      const slice: ComparedSlice = await this.sessionsBehind(after, SLICE);
      yield slice.sessions;
      after = slice.next;
    }
  }

  /** Some sessions as a comparison sees them. @param after the rowid after which to begin; by default the first session. */
  sessionsBehind(after = BEFORE_ALL_ROWS, limit: number): Promise<ComparedSlice> {
    return this.connection.snapshot((history) => readFingerprints(history, after, limit));
  }

  /** The rowid of the newest session; 0 if there is none. */
  newestSession(): Promise<number> {
    return this.connection.snapshot(({ reader }) => newestRowid(reader));
  }

  /** The message counts of some sessions; undefined for one that does not exist. */
  sizes(ids: readonly string[]): Promise<readonly (number | undefined)[]> {
    return this.#inShortMoments(ids, readSize);
  }

  /** The times of a session's messages, by id: epoch seconds, null if unknown. */
  messageTimes(sessionId: string): Promise<ReadonlyMap<number, number | null>> {
    return this.connection.snapshot((history) => readMessageTimes(history, sessionId));
  }

  /** Whether the file has another message under any of these ids. */
  async hasGivenAgain(messages: readonly KnownMessage[]): Promise<boolean> {
    return (await this.#inShortMoments(messages, hasGivenAgain)).includes(true);
  }

  /** The current state of sessions, in the order of `ids`; undefined for one that does not exist. */
  sessions(ids: readonly string[]): Promise<readonly (HostSession | undefined)[]> {
    return this.#inShortMoments(ids, readHostSession);
  }

  /** The marks of the messages of some sessions. */
  marks(sessions: readonly SessionKey[]): Promise<readonly (readonly MessageMark[])[]> {
    return this.#inShortMoments(sessions, (history, session) => readMarks(history, session));
  }

  /** The marks of a session's messages, and their number in the same snapshot. */
  contents(session: SessionKey): Promise<SessionContents> {
    return this.connection.snapshot((history) => ({
      marks: readMarks(history, session),
      messages: readSize(history, session.id) ?? 0,
    }));
  }

  /** The messages of a session after one of them; undefined if the file cannot describe those before it without reading all of them. */
  tail(session: SessionKey, afterId: number): Promise<MessageTail | undefined> {
    return this.connection.snapshot((history) => readTail(history, session, afterId));
  }

  /** Some messages of some sessions. */
  messages(wanted: readonly WantedMessages[]): Promise<readonly (readonly HostMessage[])[]> {
    return this.#inShortMoments(wanted, readMessages);
  }

  /** The sessions that agents are using, with the end of each lease. @param now epoch seconds. */
  leases(now: number): Promise<ReadonlyMap<string, number>> {
    return this.connection.snapshot((history) => readLeases(history, now));
  }

  /** Reads items in order, many per snapshot of the file. No snapshot keeps an agent waiting for long. */
  async #inShortMoments<W, T>(
    wanted: readonly W[],
    read: (history: OpenHistory, one: W) => T,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    while (found.length < wanted.length) {
      const some = await this.connection.snapshot((history) => {
        const end = performance.now() + READING.shipped;
        const taken: T[] = [];
        for (const one of wanted.slice(found.length)) {
          taken.push(read(history, one));
          if (performance.now() >= end) break;
        }
        return taken;
      });
      found.push(...some);
    }
    return found;
  }
}
