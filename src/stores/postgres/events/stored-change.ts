import { toSession, type Session } from '../../../domain/session.js';
import type { HistoryName, SessionOwner } from '../../../sessions/session-access.js';
import {
  shownFields,
  type EventView,
  type ListedChange,
  type ShownField,
  type StoreEvent,
} from '../../../sessions/session-event.js';
import type { Derivation, DerivedConversation, StoredSession } from '../write/derivation.js';

/** How a list showed a session at a moment, and whose the sessions are that it showed something of. */
interface ListedForm {
  readonly session: Session;
  readonly owners: readonly SessionOwner[];
  /** Whose the session is that it names as its parent. */
  readonly parent?: SessionOwner;
}

/** What a list showed before and shows now, and which fields differ. */
interface FormChange {
  readonly before?: ListedForm;
  readonly after?: ListedForm;
  readonly changed: readonly ShownField[];
}

/** A change of a session as it is kept for whoever listens: JSON alone. */
export interface StoredChange {
  readonly id: string;
  readonly row: FormChange;
  readonly conversation: FormChange;
  /** The session in which its conversation lives on; null where it is gone, or stands for it itself. */
  readonly tipId: string | null;
  readonly root?: SessionOwner;
  /** Messages that were added. */
  readonly messageIds: readonly number[];
}

/** The number of the form that {@link StoredChange} has: another one with each change of it. */
export const FORM = 3;

/** How a change is kept. Whoever does not know its form, as servers of another version do not, takes it for a reset. */
interface KeptChange {
  readonly reset: true;
  readonly form?: number;
  readonly change?: StoredChange;
}

/** A change as text to keep; undefined stands for a reset, after which whoever listens has to read everything anew. */
export function encodeChange(change: StoredChange | undefined): string {
  const kept: KeptChange = change === undefined ? { reset: true } : { reset: true, form: FORM, change };
  return JSON.stringify(kept);
}

/** Reads what {@link encodeChange} made, of whichever version, or what else a host has put there. */
export function decodeChange(text: string): StoredChange | undefined {
  const kept = parsed(text);
  return kept?.form === FORM && isStoredChange(kept.change) ? kept.change : undefined;
}

function parsed(text: string): Partial<KeptChange> | null {
  try {
    return JSON.parse(text) as Partial<KeptChange> | null;
  } catch {
    return null;
  }
}

function isStoredChange(change: Partial<StoredChange> | null | undefined): change is StoredChange {
  return (
    typeof change?.id === 'string' &&
    [change.row, change.conversation].every((form) => Array.isArray(form?.changed)) &&
    Array.isArray(change.messageIds) &&
    change.messageIds.every(Number.isSafeInteger)
  );
}

/** What a row shows of its chain rather than of itself. */
const OF_THE_CHAIN: ReadonlySet<ShownField> = new Set(['chainLength']);

/** A moment of some sessions of a history. */
export interface Moment extends Derivation {
  readonly history: HistoryName;
  /** All sessions that are around these. */
  readonly around: ReadonlyMap<string, StoredSession>;
}

/** How sessions differ between two moments, and which got messages. */
export function changesBetween(
  before: Moment,
  after: Moment,
  messageIds: ReadonlyMap<string, readonly number[]>,
): readonly StoredChange[] {
  const ids = new Set([...before.sessions.keys(), ...after.sessions.keys()]);
  const tipsBefore = byTip(before);
  const tipsAfter = byTip(after);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.sessions.get(id), after.sessions.get(id)];
    const row = formChange(rowForm(was, before), rowForm(is, after), OF_THE_CHAIN);
    const conversation = formChange(
      conversationForm(tipsBefore.get(id), before),
      conversationForm(tipsAfter.get(id), after),
    );
    const added = messageIds.get(id) ?? [];
    if (!isChange(row) && !isChange(conversation) && added.length === 0) return [];
    const session = is ?? was;
    const tip = is === undefined ? undefined : after.conversations.get(is.rootId)?.tip.id;
    const change: StoredChange = {
      ...{ id, row, conversation, messageIds: added },
      tipId: tip === undefined || tip === id ? null : tip,
      root: ownerOf(after.sessions.get(session?.rootId ?? '') ?? session),
    };
    return [change];
  });
}

/** What a listener is told of a change, messages apart; undefined where no list shows anything of it. */
export function toSessionEvent(
  { id, row, conversation, tipId, root }: StoredChange,
  history: HistoryName,
): StoreEvent | undefined {
  const rowChange = toListedChange(row, null);
  const conversationChange = toListedChange(conversation, tipId);
  if (rowChange === undefined && conversationChange === undefined) return undefined;
  return {
    kind: 'session',
    ...history,
    sessionId: id,
    row: rowChange,
    conversation: conversationChange,
    root,
  };
}

/** How filters see a session now, as a row and as the entry of its conversation. */
export function viewsOf({ row, conversation }: StoredChange): {
  readonly row: EventView | undefined;
  readonly conversation: EventView | undefined;
} {
  return { row: toView(row.after), conversation: toView(conversation.after) };
}

function byTip({ conversations }: Derivation): ReadonlyMap<string, DerivedConversation> {
  return new Map([...conversations.values()].map((conversation) => [conversation.tip.id, conversation]));
}

function rowForm(session: StoredSession | undefined, moment: Moment): ListedForm | undefined {
  if (session === undefined) return undefined;
  const { history } = moment;
  const { parentId, lastActiveAt, rootId, chainLength } = session;
  return {
    session: toSession(session, session, { ...history, parentId, lastActiveAt, rootId, chainLength }),
    owners: [toOwner(session)],
    parent: parentIn(moment, session),
  };
}

function conversationForm(
  conversation: DerivedConversation | undefined,
  moment: Moment,
): ListedForm | undefined {
  if (conversation === undefined) return undefined;
  const { history } = moment;
  const { tip, root, members, row } = conversation;
  const session = toSession(tip, root, {
    ...history,
    parentId: root.parentId,
    lastActiveAt: row.activeOrder < 0 ? null : row.activeOrder,
    rootId: root.id,
    chainLength: row.chainLength,
  });
  return { session, owners: [tip, ...members].map(toOwner), parent: parentIn(moment, root) };
}

function formChange(
  before: ListedForm | undefined,
  after: ListedForm | undefined,
  ignored: ReadonlySet<ShownField> = new Set(),
): FormChange {
  if (before === undefined || after === undefined) return { before, after, changed: [] };
  const changed = shownFields(after.session).filter(
    (name) =>
      !ignored.has(name) && JSON.stringify(before.session[name]) !== JSON.stringify(after.session[name]),
  );
  return { before, after, changed };
}

function isChange({ before, after, changed }: FormChange): boolean {
  return (before === undefined) !== (after === undefined) || changed.length > 0;
}

function toListedChange(
  { before, after, changed }: FormChange,
  tipId: string | null,
): ListedChange | undefined {
  const was = toView(before);
  const is = toView(after);
  if (is === undefined || after === undefined) {
    return was === undefined ? undefined : { kind: 'deleted', before: was, tipId };
  }
  if (was === undefined) return { kind: 'created', after: is, session: after.session, parent: after.parent };
  if (changed.length === 0) return undefined;
  return { kind: 'updated', before: was, after: is, session: after.session, parent: after.parent, changed };
}

function toView(form: ListedForm | undefined): EventView | undefined {
  if (form === undefined) return undefined;
  const { session, owners } = form;
  const subject = {
    platform: session.platform,
    userId: session.userId,
    model: session.model,
    title: session.title,
    startedAt: session.startedAt,
    archived: session.archived,
  };
  return { subject, owners };
}

function toOwner({ source, userId }: StoredSession): SessionOwner {
  return { source, userId };
}

/** Whose the session is that another one came from, which need not be of its chain. */
function parentIn({ sessions, around }: Moment, { parentId }: StoredSession): SessionOwner | undefined {
  return parentId === null ? undefined : ownerOf(sessions.get(parentId) ?? around.get(parentId));
}

function ownerOf(session: StoredSession | undefined): SessionOwner | undefined {
  return session === undefined ? undefined : toOwner(session);
}
