import { toSession } from '../../../domain/session.js';
import type { HistoryName, SessionOwner } from '../../../domain/access.js';
import {
  changesOfForms,
  isListedChange,
  UNKNOWN_MESSAGES,
  type ListedForm,
  type ListedForms,
  type ToldChange,
} from '../../read-model/listed-change.js';
import type { Derivation, DerivedConversation, StoredSession } from '../write/derivation.js';

/** A change of a session as it is stored for listeners, as JSON. */
export interface StoredChange extends ToldChange {
  /** Ids of added messages. */
  readonly messageIds: readonly number[];
}

/** Version of the format of {@link StoredChange}; increment it with each change. */
export const FORM = 4;

/** The stored form. Servers that do not know the format version treat it as a reset. */
interface KeptChange {
  readonly reset: true;
  readonly form?: number;
  readonly change?: StoredChange;
}

/** Encodes a change; undefined stands for a reset, after which listeners have to read everything again. */
export function encodeChange(change: StoredChange | undefined): string {
  const kept: KeptChange = change === undefined ? { reset: true } : { reset: true, form: FORM, change };
  return JSON.stringify(kept);
}

/** Decodes a change of any version, or whatever else a host has written; undefined for a reset. */
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

/** The state of some sessions of a history at one time. */
export interface Moment extends Derivation {
  readonly history: HistoryName;
  /** These sessions and all their surroundings. */
  readonly around: ReadonlyMap<string, StoredSession>;
}

/** What happened to the messages of some sessions. */
export interface MessageChanges {
  /** Ids of added messages, by session. */
  readonly added: ReadonlyMap<string, readonly number[]>;
  /** Sessions of which stored messages were changed or removed. */
  readonly rewritten: ReadonlySet<string>;
}

/** How sessions and their messages differ between two moments. */
export function changesBetween(
  before: Moment,
  after: Moment,
  messages: MessageChanges,
): readonly StoredChange[] {
  const ids = new Set([...before.sessions.keys(), ...after.sessions.keys()]);
  const tipsBefore = byTip(before);
  const tipsAfter = byTip(after);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.sessions.get(id), after.sessions.get(id)];
    const former = { row: rowForm(was, before), conversation: conversationForm(tipsBefore.get(id), before) };
    const changes = changesOfForms(messages.rewritten.has(id) ? withUnknownMessages(former) : former, {
      row: rowForm(is, after),
      conversation: conversationForm(tipsAfter.get(id), after),
    });
    const added = messages.added.get(id) ?? [];
    if (!isListedChange(changes) && added.length === 0) return [];
    const session = is ?? was;
    const tip = is === undefined ? undefined : after.conversations.get(is.rootId)?.tip.id;
    const change: StoredChange = {
      id,
      ...changes,
      messageIds: added,
      tipId: tip === undefined || tip === id ? null : tip,
      root: ownerOf(after.sessions.get(session?.rootId ?? '') ?? session),
    };
    return [change];
  });
}

function withUnknownMessages({ row, conversation }: ListedForms): ListedForms {
  const [rowBefore, conversationBefore] = [row, conversation].map(
    (form) => form && { ...form, session: { ...form.session, ...UNKNOWN_MESSAGES } },
  );
  return { row: rowBefore, conversation: conversationBefore };
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
    titles: [session.title],
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
  return {
    session,
    owners: [tip, ...members].map(toOwner),
    titles: members.map(({ title }) => title),
    parent: parentIn(moment, root),
  };
}

function toOwner({ source, userId }: StoredSession): SessionOwner {
  return { source, userId };
}

/** The owner of a session's parent, which may be in another chain. */
function parentIn({ sessions, around }: Moment, { parentId }: StoredSession): SessionOwner | undefined {
  return parentId === null ? undefined : ownerOf(sessions.get(parentId) ?? around.get(parentId));
}

function ownerOf(session: StoredSession | undefined): SessionOwner | undefined {
  return session === undefined ? undefined : toOwner(session);
}
