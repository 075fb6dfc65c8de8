import { DomainError } from '../domain/errors.js';
import type { Message, MessageHit } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import type { Cursor } from '../domain/cursor.js';
import type { ArchiveRule, SessionCriteria } from './session-filter.js';

/** The orders of a list; `-` means descending. */
export const SESSION_SORTS = [
  '-last_active_at',
  'last_active_at',
  '-started_at',
  'started_at',
  'relevance',
] as const;

/** Where a search looks: in messages and titles, or only in titles. */
export const SEARCH_PLACES = ['all', 'titles'] as const;

export type SearchPlace = (typeof SEARCH_PLACES)[number];

export type SessionSort = (typeof SESSION_SORTS)[number];

/** The filters of a list. */
export interface SessionFilter extends SessionCriteria {
  readonly search?: string;
  /** Where a search looks. Searching titles only is fast, however many messages there are. */
  readonly searchIn?: SearchPlace;
  readonly archived: ArchiveRule;
  /** Whether the conversation is pinned. */
  readonly pinned?: boolean;
  readonly exceptPlatforms?: readonly string[];
  /** Minimum number of messages, as Hermes counts those of the conversation's first session. */
  readonly minMessages?: number;
  /** Only sessions that ended without any message. */
  readonly isEmpty?: true;
  /** A prefix of the entry's id, or the whole id. */
  readonly idBeginning?: string;
  /** The folder that the session works in, or a folder above it. */
  readonly folder?: string;
  /** false: one entry per conversation; true: every session row by itself. */
  readonly includeChildren: boolean;
}

/** Most pinned entries returned beside a page; nobody pins nearly as many. */
export const MAX_PINNED = 1000;

/** One page of a list. */
export interface SessionPageRequest {
  readonly filter: SessionFilter;
  readonly sort: SessionSort;
  readonly limit: number;
  /** Where the page begins: after a position, if there is one, and this many entries further. */
  readonly start:
    { readonly offset: number } | { readonly after: Cursor | undefined; readonly offset?: number };
  /** Whether entries include their rows. */
  readonly withRows?: boolean;
  /** Whether to return all pinned entries of the list beside the page, at most {@link MAX_PINNED}; ignored for a search. */
  readonly withPinned?: boolean;
  /** Whether the total must be exact; an approximate one is used only if counting would take long. */
  readonly total?: TotalPrecision;
  /** The caller's name: searches of one caller must not block those of another. */
  readonly caller?: string;
  /** Aborted when nobody waits for the answer any more; cancels the search. */
  readonly signal?: AbortSignal;
}

/** Everything that a filter selects. */
export type SelectionRequest = Pick<SessionPageRequest, 'filter' | 'caller' | 'signal'>;

/** Everything that a search finds, in batches of `limit`. */
export type FoundRequest = SelectionRequest & Pick<SessionPageRequest, 'sort' | 'limit'>;

/** More entries than any history has, to select everything. */
export const ALL_ENTRIES = 1_000_000_000;

/** The request for the pinned entries beside a page. */
export function pinnedRequest({ withPinned: _, ...request }: SessionPageRequest): SessionPageRequest {
  return {
    ...request,
    filter: { ...request.filter, pinned: true },
    limit: MAX_PINNED,
    start: { offset: 0 },
  };
}

/** A list entry with its position in the list's order. */
export interface PlacedSession {
  readonly session: Session;
  readonly place: Cursor;
}

/** The entries that the rules of a list hide. */
export interface HiddenSessions {
  /** Entries hidden by the archive rule. */
  readonly archived: number;
  /** Sessions hidden by the children rule: delegates and the older parts of chains. */
  readonly children: number;
}

/** The precisions in which totals can be requested. */
export const TOTAL_PRECISIONS = ['exact', 'about'] as const;

export type TotalPrecision = (typeof TOTAL_PRECISIONS)[number];

/** A store's answer to a {@link SessionPageRequest}. */
export interface SessionPage {
  readonly entries: readonly PlacedSession[];
  /** All pinned entries of the list in its order, including those on the page; only if requested. */
  readonly pinned?: readonly PlacedSession[];
  readonly total: number;
  /** Whether total and hidden are estimates. */
  readonly isTotalAbout?: boolean;
  /** The position after the last entry; null on the last page. */
  readonly next: Cursor | null;
  readonly hidden: HiddenSessions;
  /** Whether hits may be missing because the search index is incomplete. */
  readonly searchIncomplete: boolean;
  /** Profiles whose sessions are missing because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** Which messages belong to a transcript, and their order. */
export interface TranscriptSelection {
  readonly order: 'asc' | 'desc';
  readonly roles?: readonly string[];
  readonly includeInactive: boolean;
  /** Whether to read the whole compression chain as one transcript. */
  readonly lineage: boolean;
}

/** A part of a transcript. `after` and `before` are message ids, and bound the part chronologically, in either order. */
export interface MessagePageRequest extends TranscriptSelection {
  readonly limit: number;
  /** Messages to skip; ignored with `around`. */
  readonly offset: number;
  /** A message id; selects the page, of the pages with this limit, that contains it. */
  readonly around?: number;
  readonly after?: number;
  readonly before?: number;
  /** Which hidden messages to include, too: those that the model reads (`in use`), or all that were not rewound (`kept`). */
  readonly withHidden?: 'in use' | 'kept';
  /** Whether messages include their rows. */
  readonly withRows?: boolean;
  /** Most bytes of messages on the page; by default some megabytes. */
  readonly mostBytes?: number;
}

/** The selection of one session's messages for reading all of them. */
export type WholeTranscript = Pick<MessagePageRequest, 'includeInactive' | 'withHidden' | 'withRows'>;

/** A search in a transcript. */
export interface MessageSearchRequest extends TranscriptSelection {
  readonly text: string;
  readonly limit: number;
  readonly offset: number;
  /** Caller and signal, as in {@link SessionPageRequest}. */
  readonly caller?: string;
  readonly signal?: AbortSignal;
}

/** A store's answer to a {@link MessagePageRequest}. */
export interface MessagePage {
  readonly messages: readonly Message[];
  /** Number of messages of the transcript with these roles, over all pages. */
  readonly total: number;
  readonly hasMore: boolean;
  /** How many messages precede the one requested with `around`, in this order. */
  readonly position?: number;
}

/** A store's answer to a {@link MessageSearchRequest}. */
export interface MessageHitPage {
  readonly hits: readonly MessageHit[];
  /** Number of messages of the transcript that match. */
  readonly total: number;
  readonly hasMore: boolean;
}

/** Changes of a session; an absent field is unchanged. Titles are already normalised. */
export interface SessionChanges {
  readonly title?: string | null;
  readonly archived?: boolean;
  readonly pinned?: boolean;
  /** Whether lists hide it. */
  readonly hidden?: boolean;
  /** Whether it is marked as unread, or as read up to now. */
  readonly unread?: boolean;
  /** The reason for ending the session; one that has ended stays unchanged. */
  readonly endReason?: string;
  /** When it ended, in epoch seconds; now if absent. */
  readonly endedAt?: number;
}

/** The error for a change that a history's schema cannot store. */
export function unsupportedChange(field: string): DomainError {
  return new DomainError('unsupported_by_store', {
    param: field,
    message: `This history's version cannot remember ${field}. Update Hermes to use it.`,
  });
}

/** The result of a search without searchable terms. */
export const EMPTY_PAGE: SessionPage = {
  entries: [],
  total: 0,
  next: null,
  hidden: { archived: 0, children: 0 },
  searchIncomplete: false,
  unavailableProfiles: [],
};
