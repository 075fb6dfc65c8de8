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

/** Sessions that are compared in one moment of the file, so that no moment is long. */
const SLICE = 500;

/** How long one moment of the file is read, in milliseconds. */
const MOMENT = 8;

/** What a history is like as a whole. */
export interface HistoryDescription {
  readonly schemaVersion: number | null;
  readonly canArchive: boolean;
  readonly canPin: boolean;
  readonly canDelete: boolean;
  readonly fileBytes: number;
}

/** What gives away that another file, or an older one, has taken the place of a history's. */
export interface FileMark {
  /**
   * The inode. Neither its device nor when it was made: the one has another number after a start of the machine, and the other is not kept by
   * every file system, so that both would cry wolf. A file that has the inode of another one shows in what is in it.
   */
  readonly fileId: string;
  /** The highest id that a message ever had; 0 where there never was one. */
  readonly newestMessageId: number;
}

/** What a session consists of. */
export interface SessionContents {
  readonly marks: readonly MessageMark[];
  /** All of its messages, those among them that no number tells from the next, so that they have no mark. */
  readonly messages: number;
}

/** A history as it is sent elsewhere: what changes, and what it holds, read in short moments. */
export class OutgoingHistory implements ThreadedFile {
  readonly feed: HistoryFeed;

  constructor(
    private readonly connection: HermesConnection,
    index: SessionIndex,
  ) {
    this.feed = new HistoryFeed(connection, index);
  }

  /** The history as a thread is told of it. */
  get source(): ThreadSource {
    return this.connection.source;
  }

  /** Names what else has the file open, so that it is closed before the file is opened anew. */
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

  /** Which file it is, and how far it has got. */
  fileMark(): Promise<FileMark> {
    return this.connection.snapshot((history) => ({
      fileId: String(history.identity.inode),
      newestMessageId: readNewestMessageId(history),
    }));
  }

  /** Ids, fingerprints and numbers of messages of all sessions, some at a time, oldest rows first. */
  async *fingerprints(): AsyncGenerator<readonly ComparedSession[]> {
    for (let after: number | null = BEFORE_ALL_ROWS; after !== null;) {
      const slice: ComparedSlice = await this.sessionsBehind(after, SLICE);
      yield slice.sessions;
      after = slice.next;
    }
  }

  /** Some sessions as a comparison sees them. @param after the rowid behind which they are; the first ones where it is left out. */
  sessionsBehind(after = BEFORE_ALL_ROWS, limit: number): Promise<ComparedSlice> {
    return this.connection.snapshot((history) => readFingerprints(history, after, limit));
  }

  /** The rowid of the newest session; 0 where there is none. */
  newestSession(): Promise<number> {
    return this.connection.snapshot(({ reader }) => newestRowid(reader));
  }

  /** How many messages each of some sessions has; undefined for one that is not there. */
  sizes(ids: readonly string[]): Promise<readonly (number | undefined)[]> {
    return this.#inShortMoments(ids, readSize);
  }

  /** When the messages of a session were written, by their ids: epoch seconds, null where unknown. */
  messageTimes(sessionId: string): Promise<ReadonlyMap<number, number | null>> {
    return this.connection.snapshot((history) => readMessageTimes(history, sessionId));
  }

  /** Whether the file has another message under the id of any of these. */
  async hasGivenAgain(messages: readonly KnownMessage[]): Promise<boolean> {
    return (await this.#inShortMoments(messages, hasGivenAgain)).includes(true);
  }

  /** Sessions as they are now, in the order of `ids`; undefined for one that is not there. */
  sessions(ids: readonly string[]): Promise<readonly (HostSession | undefined)[]> {
    return this.#inShortMoments(ids, readHostSession);
  }

  /** What decides about each message of some sessions. */
  marks(sessions: readonly SessionKey[]): Promise<readonly (readonly MessageMark[])[]> {
    return this.#inShortMoments(sessions, (history, session) => readMarks(history, session));
  }

  /** What decides about each message of a session, and how many it has in that moment. */
  contents(session: SessionKey): Promise<SessionContents> {
    return this.connection.snapshot((history) => ({
      marks: readMarks(history, session),
      messages: readSize(history, session.id) ?? 0,
    }));
  }

  /** The end of a session, behind a message; undefined where the file cannot tell what is before it without reading all of that. */
  tail(session: SessionKey, afterId: number): Promise<MessageTail | undefined> {
    return this.connection.snapshot((history) => readTail(history, session, afterId));
  }

  /** Some messages of some sessions. */
  messages(wanted: readonly WantedMessages[]): Promise<readonly (readonly HostMessage[])[]> {
    return this.#inShortMoments(wanted, readMessages);
  }

  /** Who is in the middle of what. @param now epoch seconds. */
  leases(now: number): Promise<ReadonlyMap<string, number>> {
    return this.connection.snapshot((history) => readLeases(history, now));
  }

  /** Reads one thing after the other, many in one moment of the file, none of which keeps an agent waiting for long. */
  async #inShortMoments<W, T>(
    wanted: readonly W[],
    read: (history: OpenHistory, one: W) => T,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    while (found.length < wanted.length) {
      const some = await this.connection.snapshot((history) => {
        const end = performance.now() + MOMENT;
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
