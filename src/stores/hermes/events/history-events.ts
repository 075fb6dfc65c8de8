import { Logger } from '@nestjs/common';
import type { Session } from '../../../domain/session.js';
import type { SessionOwner } from '../../../sessions/session-access.js';
import type { FilterSubject } from '../../../sessions/session-filter.js';
import type { EventView, ListedChange, ShownField, StoreEvent } from '../../../sessions/session-event.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import { countOf, instantOf, textOf } from '../file/values.js';
import {
  stateOf,
  type ConversationState,
  type SessionChange,
  type SessionState,
} from '../index/session-change.js';
import type { SessionDigests } from '../index/session-digests.js';
import type { SessionFact } from '../index/session-fact.js';
import type { IndexView, SessionIndex } from '../index/session-index.js';
import { readListedRows, sessionOf } from '../listing/session-rows.js';
import { readNewMessages } from '../transcript/transcript.js';
import { changedInConversation, changedInRow } from './changed-fields.js';

/** Several writes of one turn come together; milliseconds. */
const GATHER = 15;

/** How long it is waited before a history that cannot be read is looked at again, in milliseconds. */
const REST = 500;

/** Changes that are told in one moment of the file, so that no moment is long. */
const SLICE = 100;

/** More changes than this at once are told as not known. */
const MAX_PENDING = 20_000;

type Listener = (event: StoreEvent) => void;

/** What was found in one moment of the file, and whether there may be more. */
interface Found {
  readonly events: readonly StoreEvent[];
  readonly isMore: boolean;
}

const NOTHING: Found = { events: [], isMore: false };

/** Tells what happens in a history, while anybody listens: one watch, however many they are. */
export class HistoryEvents {
  readonly #logger = new Logger(HistoryEvents.name);
  #listener: Listener | undefined;
  #endWatch: (() => void) | undefined;
  /** The index whose changes are heard. */
  #view: IndexView | undefined;
  #newestMessage = 0;
  readonly #pending: SessionChange[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly profile: string,
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
    private readonly digests: SessionDigests,
  ) {}

  /** Begins to tell `listener` what is committed from now on. Resolves once nothing is missed any more. */
  async start(listener: Listener): Promise<void> {
    this.#listener = listener;
    this.#endWatch = this.connection.watch.subscribe(() => {
      this.#schedule();
    });
    await this.#look();
  }

  stop(): void {
    this.#listener = undefined;
    this.#endWatch?.();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#view !== undefined) this.#view.onChange = undefined;
    this.#view = undefined;
    this.#pending.length = 0;
  }

  #schedule(delay = GATHER): void {
    if (this.#timer !== undefined || this.#listener === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, delay);
    this.#timer.unref();
  }

  /** One look at a time; who comes meanwhile looks behind it. */
  async #look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#schedule();
      return;
    }
    this.#looking = this.#lookOnce().finally(() => (this.#looking = undefined));
    try {
      await this.#looking;
    } catch (error) {
      // A history that cannot be read tells nothing until it can be read again.
      this.#logger.debug(`The events of ${this.profile} rest: ${String(error)}`);
      this.#schedule(REST);
    }
  }

  async #lookOnce(): Promise<void> {
    for (let isMore = true; isMore && this.#listener !== undefined;) {
      const found = await this.index.snapshot((view) => this.#collect(view));
      for (const event of found.events) this.#listener(event);
      isMore = found.isMore || this.#pending.length > 0;
    }
  }

  /** What happened up to this moment of the file; some of it, where it is much. */
  #collect(view: IndexView): Found {
    if (view !== this.#view) return { events: this.#begin(view), isMore: false };
    if (this.#pending.length > MAX_PENDING) {
      this.#pending.length = 0;
      this.#newestMessage = newestMessage(view);
      return { events: [{ kind: 'reset', profile: this.profile, origin: null }], isMore: false };
    }
    const changes = this.#pending.splice(0, SLICE);
    const sessions = changes.flatMap((change) => this.#toEvent(view, change) ?? []);
    // A session is told before its messages, so that whoever hears of a message knows of its session.
    const messages = this.#pending.length > 0 ? NOTHING : this.#readMessages(view);
    return { events: [...sessions, ...messages.events], isMore: messages.isMore };
  }

  /** An index that is another one than before was made anew, so that nobody knows what changed. */
  #begin(view: IndexView): readonly StoreEvent[] {
    const isFirst = this.#view === undefined;
    this.#view = view;
    this.#pending.length = 0;
    this.#newestMessage = newestMessage(view);
    view.onChange = (changes) => {
      this.#pending.push(...changes);
      this.#schedule();
    };
    return isFirst ? [] : [{ kind: 'reset', profile: this.profile, origin: null }];
  }

  #readMessages(view: IndexView): Found {
    const found = readNewMessages(view, this.#newestMessage, SLICE);
    this.#newestMessage = found.newest;
    const events = found.messages.flatMap(({ message, truncated }) => {
      const { sessionId } = message;
      const session = view.known.node(sessionId);
      if (session === undefined) return [];
      const { fact, conversation } = stateOf(view.known, session);
      const event: StoreEvent = {
        ...{ kind: 'message', profile: this.profile, origin: null, sessionId, message, truncated },
        row: viewOfRow(fact),
        conversation: conversation === undefined ? undefined : viewOfConversation(fact, conversation),
      };
      return [event];
    });
    // How many are told says nothing: what is hidden, or a copy, is looked at as well.
    return { events, isMore: found.isMore };
  }

  #toEvent(view: IndexView, change: SessionChange): StoreEvent | undefined {
    const { id, before, after } = change;
    // It may be gone again by now; then that is told next.
    const forms = after === undefined ? undefined : this.#formsOf(view, after);
    if (after !== undefined && forms === undefined) return undefined;
    const row = listedChange({
      before: before === undefined ? undefined : viewOfRow(before.fact),
      after: after === undefined ? undefined : viewOfRow(after.fact),
      session: forms?.row,
      parent: parentIn(view, after?.fact),
      changed: before === undefined || after === undefined ? [] : changedInRow(before, after),
      tipId: null,
    });
    const conversation = listedChange({
      before: conversationView(before),
      after: conversationView(after),
      session: forms?.conversation,
      parent: parentIn(view, after?.conversation?.origin),
      changed: before === undefined || after === undefined ? [] : changedInConversation(before, after),
      tipId: after === undefined || after.tipId === id ? null : after.tipId,
    });
    if (row === undefined && conversation === undefined) return undefined;
    return {
      ...{ kind: 'session', profile: this.profile, origin: null, sessionId: id, row, conversation },
      root: view.known.node((after ?? before)?.rootId ?? id),
    };
  }

  /** A session as the list of rows shows it now, and as that of conversations does. */
  #formsOf(
    view: IndexView,
    { fact, conversation, rootId, chainLength }: SessionState,
  ): { readonly row: Session; readonly conversation: Session | undefined } | undefined {
    const origin = conversation?.origin ?? fact;
    const rows = readListedRows(view, [...new Set([fact.rowid, origin.rowid])]);
    const tipRow = rows.get(fact.rowid);
    const originRow = rows.get(origin.rowid);
    if (tipRow === undefined || originRow === undefined || textOf(tipRow.id) !== fact.id) return undefined;
    const common = { profile: this.profile, origin: null, rootId, digest: this.digests.of(view, fact.id) };
    return {
      row: sessionOf(tipRow, tipRow, {
        ...common,
        chainLength,
        userId: fact.userId,
        parentId: textOf(tipRow.parent_session_id),
        lastActiveAt: fact.lastActiveAt,
      }),
      conversation:
        conversation === undefined
          ? undefined
          : sessionOf(tipRow, originRow, {
              ...common,
              chainLength: conversation.length,
              userId: origin.userId,
              parentId: textOf(originRow.parent_session_id),
              lastActiveAt: instantOf(conversation.lastActiveAt),
            }),
    };
  }
}

/** What a change is to a list that shows `before` and `after`; undefined where it shows neither, or nothing that differs. */
function listedChange(change: {
  readonly before: EventView | undefined;
  readonly after: EventView | undefined;
  readonly session: Session | undefined;
  readonly parent: SessionOwner | undefined;
  readonly changed: readonly ShownField[];
  readonly tipId: string | null;
}): ListedChange | undefined {
  const { before, after, session, parent, changed, tipId } = change;
  if (after === undefined || session === undefined) {
    return before === undefined ? undefined : { kind: 'deleted', before, tipId };
  }
  if (before === undefined) return { kind: 'created', after, session, parent };
  return changed.length === 0 ? undefined : { kind: 'updated', before, after, session, parent, changed };
}

/** The session that another one came from: of a conversation, the one that its first session did. */
function parentIn({ known }: IndexView, fact: SessionFact | undefined): SessionOwner | undefined {
  return fact?.parentId == null ? undefined : known.node(fact.parentId);
}

function conversationView(state: SessionState | undefined): EventView | undefined {
  return state?.conversation === undefined ? undefined : viewOfConversation(state.fact, state.conversation);
}

function viewOfRow(fact: SessionFact): EventView {
  return { subject: subjectOf(fact, fact), owners: [fact] };
}

function viewOfConversation(
  tip: SessionFact,
  { origin, members }: Pick<ConversationState, 'origin' | 'members'>,
): EventView {
  const owners: readonly SessionOwner[] = [tip, ...members];
  return { subject: subjectOf(tip, origin), owners };
}

function subjectOf(tip: SessionFact, origin: SessionFact): FilterSubject {
  return {
    platform: origin.source,
    userId: origin.userId,
    model: tip.model,
    title: tip.title,
    startedAt: origin.startedAt,
    archived: origin.archived,
  };
}

function newestMessage({ reader }: IndexView): number {
  return countOf(reader.value('SELECT max(id) FROM messages'));
}
