import type { Session } from '../../domain/session.js';
import type { HistoryName, SessionOwner } from '../../sessions/session-access.js';
import {
  shownFields,
  type EventView,
  type ListedChange,
  type ShownField,
  type StoreEvent,
} from '../../sessions/session-event.js';

/** How a list showed a session at a moment, and whose the sessions are that it showed something of. */
export interface ListedForm {
  readonly session: Session;
  readonly owners: readonly SessionOwner[];
  /** Whose the session is that it names as its parent. */
  readonly parent?: SessionOwner;
}

/** How a session was listed at a moment: by itself, and as the entry of its conversation where it is that. */
export interface ListedForms {
  readonly row?: ListedForm;
  readonly conversation?: ListedForm;
}

/** What a list showed before and shows now, and which fields differ. */
interface FormChange {
  readonly before?: ListedForm;
  readonly after?: ListedForm;
  readonly changed: readonly ShownField[];
}

/** How the lists that show a session differ between two moments. */
interface FormChanges {
  readonly row: FormChange;
  readonly conversation: FormChange;
}

/** A session that lists show otherwise than before. */
export interface ToldChange extends FormChanges {
  readonly id: string;
  /** The session in which its conversation lives on; null where it is gone, or stands for it itself. */
  readonly tipId: string | null;
  /** Whose the first session of its chain is. */
  readonly root?: SessionOwner;
}

/** What a row shows of its chain rather than of itself. */
const OF_THE_CHAIN: ReadonlySet<ShownField> = new Set(['chainLength']);

/** How the forms of a session differ between two moments. */
export function changesOfForms(before: ListedForms, after: ListedForms): FormChanges {
  return {
    row: formChange(before.row, after.row, OF_THE_CHAIN),
    conversation: formChange(before.conversation, after.conversation),
  };
}

/** Whether any list shows something else than before. */
export function isListedChange({ row, conversation }: FormChanges): boolean {
  return [row, conversation].some(
    ({ before, after, changed }) => (before === undefined) !== (after === undefined) || changed.length > 0,
  );
}

/** What a listener is told of a change, messages apart; undefined where no list shows anything of it. */
export function toSessionEvent(
  history: HistoryName,
  { id, row, conversation, tipId, root }: ToldChange,
): StoreEvent | undefined {
  const changes = { row: toListedChange(row, null), conversation: toListedChange(conversation, tipId) };
  if (changes.row === undefined && changes.conversation === undefined) return undefined;
  return { kind: 'session', ...history, sessionId: id, ...changes, root };
}

/** How filters see a session, as a row or as the entry of its conversation. */
export function viewOf({ session, owners }: ListedForm): EventView {
  const { platform, userId, model, title, startedAt, archived, rootId } = session;
  return { subject: { platform, userId, model, title, startedAt, archived }, owners, rootId };
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

function toListedChange(
  { before, after, changed }: FormChange,
  tipId: string | null,
): ListedChange | undefined {
  if (after === undefined)
    return before === undefined ? undefined : { kind: 'deleted', before: viewOf(before), tipId };
  const now = { after: viewOf(after), session: after.session, parent: after.parent };
  if (before === undefined) return { kind: 'created', ...now };
  return changed.length === 0 ? undefined : { kind: 'updated', before: viewOf(before), ...now, changed };
}
