import type { Message } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import type { SessionOwner } from './session-access.js';
import type { FilterSubject } from './session-filter.js';

/** What of a session its listeners are not told. */
const UNTOLD = ['ownTitle', 'apiCallCount', 'hasSystemPrompt', 'hasModelConfig', 'marks', 'row'] as const;

/** What of a session its listeners are told. */
export type ShownField = Exclude<keyof Session, (typeof UNTOLD)[number]>;

/** The fields of a session that its listeners are told. */
export function shownFields(session: Session): readonly ShownField[] {
  const untold: readonly string[] = UNTOLD;
  return (Object.keys(session) as (keyof Session)[]).filter(
    (name): name is ShownField => !untold.includes(name),
  );
}

/** A session at one moment, as a list of rows sees it or as the list of conversations does. */
export interface EventView {
  readonly subject: FilterSubject;
  /** The sessions whose rows something is shown of: who may not know of one of them hears nothing. */
  readonly owners: readonly SessionOwner[];
  /** The first session of its chain. */
  readonly rootId: string;
}

/** A session as a list shows it now. */
interface ListedNow {
  readonly after: EventView;
  readonly session: Session;
  /** Whose the session is that it names as its parent; undefined where there is none. */
  readonly parent: SessionOwner | undefined;
}

/** What changed in a list, seen in one of its two ways. */
export type ListedChange =
  | ({ readonly kind: 'created' } & ListedNow)
  | ({
      readonly kind: 'updated';
      readonly before: EventView;
      /** Fields that are not what they were. */
      readonly changed: readonly ShownField[];
    } & ListedNow)
  | {
      readonly kind: 'deleted';
      readonly before: EventView;
      /** Where the conversation lives on, if it does. */
      readonly tipId: string | null;
    };

/** Something that happened in a history. */
export type StoreEvent =
  | {
      readonly kind: 'session';
      readonly profile: string;
      readonly origin: string | null;
      readonly sessionId: string;
      /** As a list with every row by itself sees it. */
      readonly row: ListedChange | undefined;
      /** As the list of conversations sees it. */
      readonly conversation: ListedChange | undefined;
      /** Whose the first session of its chain is; undefined where that does not exist. */
      readonly root: SessionOwner | undefined;
    }
  | {
      readonly kind: 'message';
      readonly profile: string;
      readonly origin: string | null;
      readonly sessionId: string;
      readonly message: Message;
      /** Whether its content was left out because of its size. */
      readonly truncated: boolean;
      readonly row: EventView;
      /** The conversation that it is part of, where its session is the entry. */
      readonly conversation: EventView | undefined;
    }
  /** What happened is not known: a file was replaced, or too much changed at once. */
  | { readonly kind: 'reset'; readonly profile: string; readonly origin: string | null };
