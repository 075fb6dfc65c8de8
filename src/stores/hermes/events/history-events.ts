import { toSession, type SessionFacts } from '../../../domain/session.js';
import type { HistoryName } from '../../../domain/access.js';
import type { StoreEvent } from '../../../sessions/session-event.js';
import {
  changesOfForms,
  toSessionEvent,
  UNKNOWN_MESSAGES,
  viewOf,
  type ListedForm,
  type ListedForms,
} from '../../read-model/listed-change.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import { countOf, instantOf } from '../file/values.js';
import { HistoryLooks } from '../index/history-looks.js';
import { stateOf, type SessionChange, type SessionState } from '../index/session-change.js';
import type { SessionDigest, SessionDigests } from '../index/session-digests.js';
import type { SessionFact } from '../index/session-fact.js';
import type { IndexView, SessionIndex } from '../index/session-index.js';
import { readNewMessages } from '../transcript/transcript.js';

/** Changes reported per snapshot of the file, so that no snapshot is long. */
const SLICE = 100;

/** More pending changes than this are reported as a reset. */
const MAX_PENDING = 20_000;

type Listener = (event: StoreEvent) => void;

/** What was found in one snapshot of the file, and whether there may be more. */
interface Found {
  readonly events: readonly StoreEvent[];
  readonly isMore: boolean;
}

const NOTHING: Found = { events: [], isMore: false };

/** Reports what happens in a history, while anybody listens: one watch for all listeners. */
export class HistoryEvents {
  readonly #looks: HistoryLooks;
  #listener: Listener | undefined;
  /** The last message that was reported; undefined before the first look. */
  #newestMessage: number | undefined;
  /** Whether changes were missed. */
  #isLost = false;
  readonly #pending: SessionChange[] = [];

  constructor(
    private readonly profile: string,
    connection: HermesConnection,
    index: SessionIndex,
    private readonly digests: SessionDigests,
  ) {
    this.#looks = new HistoryLooks(
      connection,
      index,
      (changes) => {
        if (changes === undefined) this.#isLost = true;
        else for (const change of changes) this.#pending.push(change);
        this.#looks.lookSoon();
      },
      (view) => {
        const { events, isMore } = this.#collect(view);
        return () => {
          for (const event of events) this.#listener?.(event);
          return isMore || this.#pending.length > 0;
        };
      },
    );
  }

  get #name(): HistoryName {
    return { profile: this.profile, origin: null };
  }

  /** Begins to report commits to `listener`. Resolves once none is missed any more. */
  async start(listener: Listener): Promise<void> {
    this.#listener = listener;
    // An unreadable history reports nothing until it can be read again.
    await this.#looks.start().catch(() => undefined);
  }

  stop(): void {
    this.#listener = undefined;
    this.#looks.stop();
    this.#newestMessage = undefined;
    this.#pending.length = 0;
  }

  /** What happened up to this snapshot of the file; a part of it if it is much. */
  #collect(view: IndexView): Found {
    const newest = this.#newestMessage;
    if (newest === undefined || this.#isLost || this.#pending.length > MAX_PENDING) {
      this.#pending.length = 0;
      this.#isLost = false;
      this.#newestMessage = countOf(view.reader.value('SELECT max(id) FROM messages'));
      return newest === undefined ? NOTHING : { events: [{ kind: 'reset', ...this.#name }], isMore: false };
    }
    const changes = this.#pending.splice(0, SLICE);
    const sessions = changes.flatMap((change) => this.#toEvent(view, change) ?? []);
    // A session is reported before its messages, so that listeners know the session of each message.
    const messages = this.#pending.length > 0 ? NOTHING : this.#readMessages(view, newest);
    return { events: [...sessions, ...messages.events], isMore: messages.isMore };
  }

  #readMessages(view: IndexView, newest: number): Found {
    const found = readNewMessages(view, newest, SLICE);
    this.#newestMessage = found.newest;
    const events = found.messages.flatMap(({ message, truncated }) => {
      const { sessionId } = message;
      const session = view.known.node(sessionId);
      if (session === undefined) return [];
      const { row, conversation } = this.#formsOf(
        view,
        stateOf(view.known, session),
        this.digests.of(view, sessionId),
      );
      if (row === undefined) return [];
      const event: StoreEvent = {
        kind: 'message',
        ...this.#name,
        sessionId,
        message,
        truncated,
        row: viewOf(row),
        conversation: conversation && viewOf(conversation),
      };
      return [event];
    });
    // The number of events does not show whether there are more: hidden messages and copies are looked at too.
    return { events, isMore: found.isMore };
  }

  #toEvent(view: IndexView, { id, before, after }: SessionChange): StoreEvent | undefined {
    // The session may be gone by now; that is reported next.
    if (after !== undefined && view.known.node(id) === undefined) return undefined;
    const isKnown = before !== undefined && after !== undefined;
    const changes = changesOfForms(
      this.#formsOf(
        view,
        before,
        isKnown ? this.#formerDigest(view, before.fact, after.fact) : UNKNOWN_MESSAGES,
      ),
      this.#formsOf(view, after, this.digests.of(view, id)),
    );
    return toSessionEvent(this.#name, {
      id,
      ...changes,
      tipId: after === undefined || after.tipId === id ? null : after.tipId,
      root: view.known.node((after ?? before)?.rootId ?? id),
    });
  }

  /** The digest before a change. The file only has the current messages; the former digest can be derived if messages were only added. */
  #formerDigest(view: IndexView, before: SessionFact, after: SessionFact): SessionDigest {
    const added = after.storedMessages - before.storedMessages;
    if (added < 0 || before.inactiveMessages !== after.inactiveMessages) return UNKNOWN_MESSAGES;
    if (added === 0) return this.digests.of(view, after.id);
    return (
      this.digests.before(view, after.id, { added, newestMessage: this.#newestMessage ?? 0 }) ??
      UNKNOWN_MESSAGES
    );
  }

  #formsOf(view: IndexView, state: SessionState | undefined, digest: SessionDigest): ListedForms {
    if (state === undefined) return {};
    const { fact, conversation, rootId, chainLength } = state;
    const tip = { ...fact, ...digest };
    const formOf = (
      origin: SessionFact,
      members: readonly SessionFact[],
      facts: Pick<SessionFacts, 'lastActiveAt' | 'chainLength'>,
    ): ListedForm => ({
      session: toSession(tip, origin, { ...this.#name, ...facts, rootId, parentId: origin.parentId }),
      owners: [fact, ...members],
      titles: [fact, ...members].map(({ title }) => title),
      parent: origin.parentId === null ? undefined : view.known.node(origin.parentId),
    });
    return {
      row: formOf(fact, [], { lastActiveAt: fact.lastActiveAt, chainLength }),
      conversation:
        conversation &&
        formOf(conversation.origin, conversation.members, {
          lastActiveAt: instantOf(conversation.lastActiveAt),
          chainLength: conversation.length,
        }),
    };
  }
}
