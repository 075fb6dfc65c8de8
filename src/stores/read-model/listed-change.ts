import type { Session } from '../../domain/session.js';
import type { HistoryName, SessionOwner } from '../../domain/access.js';
import {
  shownFields,
  type EventView,
  type ListedChange,
  type ShownField,
  type StoreEvent,
} from '../../sessions/session-event.js';

/** How a list showed a session at one time, and the owners of the sessions that this contains data of. */
export interface ListedForm {
  readonly session: Session;
  readonly owners: readonly SessionOwner[];
  /** The titles of the same sessions; null for those without one. */
  readonly titles: readonly (string | null)[];
  /** The owner of its parent session. */
  readonly parent?: SessionOwner;
}

/** How a session was listed at one time: by itself, and as its conversation's entry if it is that. */
export interface ListedForms {
  readonly row?: ListedForm;
  readonly conversation?: ListedForm;
}

/** What a list showed before and after, and which fields differ. */
interface FormChange {
  readonly before?: ListedForm;
  readonly after?: ListedForm;
  readonly changed: readonly ShownField[];
}

/** How the lists that show a session differ between two times. */
interface FormChanges {
  readonly row: FormChange;
  readonly conversation: FormChange;
}

/** A session that lists show differently than before. */
export interface ToldChange extends FormChanges {
  readonly id: string;
  /** The session that is now the entry of its conversation; null if the conversation is gone, or this session is the entry. */
  readonly tipId: string | null;
  /** The owner of the first session of its chain. */
  readonly root?: SessionOwner;
}

/**
 * The shown fields that depend on messages, before some of these were changed or removed. Their earlier content is unknown, so the values
 * differ from every real one.
 */
export const UNKNOWN_MESSAGES: Pick<Session, 'turnCount' | 'preview'> = { turnCount: -1, preview: ' ' };

/** Fields of a row that describe its chain rather than itself. */
const OF_THE_CHAIN: ReadonlySet<ShownField> = new Set(['chainLength']);

/** What filters and the limits of keys compare of every member of a conversation, by the shown field that names it. */
const OF_MEMBERS: Partial<Record<ShownField, (form: ListedForm) => readonly (string | null)[]>> = {
  title: ({ titles }) => titles,
  platform: ({ owners }) => owners.map(({ source }) => source),
  userId: ({ owners }) => owners.map(({ userId }) => userId),
};

/** How the forms of a session differ between two times. */
export function changesOfForms(before: ListedForms, after: ListedForms): FormChanges {
  return {
    row: formChange(before.row, after.row, OF_THE_CHAIN),
    conversation: formChange(before.conversation, after.conversation),
  };
}

/** Whether any list shows something different. */
export function isListedChange({ row, conversation }: FormChanges): boolean {
  return [row, conversation].some(
    ({ before, after, changed }) => (before === undefined) !== (after === undefined) || changed.length > 0,
  );
}

/** The event for a change, without messages; undefined if no list shows a difference. */
export function toSessionEvent(
  history: HistoryName,
  { id, row, conversation, tipId, root }: ToldChange,
): StoreEvent | undefined {
  const changes = { row: toListedChange(row, null), conversation: toListedChange(conversation, tipId) };
  if (changes.row === undefined && changes.conversation === undefined) return undefined;
  return { kind: 'session', ...history, sessionId: id, ...changes, root };
}

/** How filters see a session, as a row or as its conversation's entry. */
export function viewOf({ session, owners, titles }: ListedForm): EventView {
  const { platform, userId, model, startedAt, archived, rootId } = session;
  return { subject: { platform, userId, model, titles, startedAt, archived }, owners, rootId };
}

function formChange(
  before: ListedForm | undefined,
  after: ListedForm | undefined,
  ignored: ReadonlySet<ShownField> = new Set(),
): FormChange {
  if (before === undefined || after === undefined) return { before, after, changed: [] };
  const changed = shownFields(after.session).filter(
    (name) => !ignored.has(name) && valueOf(before, name) !== valueOf(after, name),
  );
  return { before, after, changed };
}

/** A shown field, with the values of the members where these count, too. */
function valueOf(form: ListedForm, name: ShownField): string {
  const ofMembers = new Set(OF_MEMBERS[name]?.(form));
  return JSON.stringify([form.session[name], [...ofMembers].toSorted()]);
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
