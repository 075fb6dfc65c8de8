import type { Message } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import type { SessionOwner } from '../domain/access.js';
import type { FilterSubject } from './session-filter.js';

/** Fields of a session that are not reported to listeners. */
const UNTOLD = ['ownTitle', 'apiCallCount', 'hasSystemPrompt', 'hasModelConfig', 'marks', 'row'] as const;

/** A field of a session that is reported to listeners. */
export type ShownField = Exclude<keyof Session, (typeof UNTOLD)[number]>;

/** The fields of a session that are reported to listeners. */
export function shownFields(session: Session): readonly ShownField[] {
  const untold: readonly string[] = UNTOLD;
  return (Object.keys(session) as (keyof Session)[]).filter(
    (name): name is ShownField => !untold.includes(name),
  );
}

/** A session at one time, as seen by a list of rows or of conversations. */
export interface EventView {
  readonly subject: FilterSubject;
  /** The owners of all sessions that the event contains data of: a caller who may not see one of them is not told. */
  readonly owners: readonly SessionOwner[];
  /** The first session of its chain. */
  readonly rootId: string;
}

/** A session as a list shows it now. */
interface ListedNow {
  readonly after: EventView;
  readonly session: Session;
  /** The owner of its parent; undefined if there is none. */
  readonly parent: SessionOwner | undefined;
}

/** A change of one of the two kinds of lists. */
export type ListedChange =
  | ({ readonly kind: 'created' } & ListedNow)
  | ({
      readonly kind: 'updated';
      readonly before: EventView;
      /** Fields that have changed. */
      readonly changed: readonly ShownField[];
    } & ListedNow)
  | {
      readonly kind: 'deleted';
      readonly before: EventView;
      /** The session in which the conversation continues, if any. */
      readonly tipId: string | null;
    };

/** A change in a history. */
export type StoreEvent =
  | {
      readonly kind: 'session';
      readonly profile: string;
      readonly origin: string | null;
      readonly sessionId: string;
      /** The change in a list of rows. */
      readonly row: ListedChange | undefined;
      /** The change in a list of conversations. */
      readonly conversation: ListedChange | undefined;
      /** The owner of the chain's first session; undefined if that does not exist. */
      readonly root: SessionOwner | undefined;
    }
  | {
      readonly kind: 'message';
      readonly profile: string;
      readonly origin: string | null;
      readonly sessionId: string;
      readonly message: Message;
      /** Whether its content was omitted because of its size. */
      readonly truncated: boolean;
      readonly row: EventView;
      /** The conversation, if the session is its entry. */
      readonly conversation: EventView | undefined;
    }
  /** The changes are unknown: a file was replaced, or too much changed at once. */
  | { readonly kind: 'reset'; readonly profile: string; readonly origin: string | null };
