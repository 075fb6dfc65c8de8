import { DomainError } from '../domain/errors.js';
import type { Message, MessageHit } from '../domain/message.js';
import type { Session } from '../domain/session.js';
import type { Cursor } from '../domain/cursor.js';
import type { ArchiveRule, SessionCriteria } from './session-filter.js';

/** The orders a list can have; a `-` in front is descending. */
export const SESSION_SORTS = [
  '-last_active_at',
  'last_active_at',
  '-started_at',
  'started_at',
  'relevance',
] as const;

/** Where a search can look: in messages and titles, or in titles alone. */
export const SEARCH_PLACES = ['all', 'titles'] as const;

export type SearchPlace = (typeof SEARCH_PLACES)[number];

export type SessionSort = (typeof SESSION_SORTS)[number];

/** What a list selects. */
export interface SessionFilter extends SessionCriteria {
  readonly search?: string;
  /** Where a search looks. Titles alone are looked through in a moment, however many messages there are. */
  readonly searchIn?: SearchPlace;
  readonly archived: ArchiveRule;
  /** Whether the conversation is pinned. */
  readonly pinned?: boolean;
  readonly exceptPlatforms?: readonly string[];
  /** Messages that the conversation has at least, as Hermes counts those of its first session. */
  readonly minMessages?: number;
  /** Only sessions that ended without a message of any kind. */
  readonly isEmpty?: true;
  /** What the id of the entry begins with, or all of it. */
  readonly idBeginning?: string;
  /** The folder that the session works in, or one above it. */
  readonly folder?: string;
  /** false: one entry per conversation; true: every session row by itself. */
  readonly includeChildren: boolean;
}

/** Pinned entries that come beside a page; nobody pins nearly as many. */
export const MAX_PINNED = 1000;

/** One page of a list. */
export interface SessionPageRequest {
  readonly filter: SessionFilter;
  readonly sort: SessionSort;
  readonly limit: number;
  /** Where it begins: behind a place, where there is one, and so many entries further on. */
  readonly start:
    { readonly offset: number } | { readonly after: Cursor | undefined; readonly offset?: number };
  /** Whether entries come with their rows. */
  readonly withRows?: boolean;
  /** Whether all pinned entries of the list come beside the page, at most {@link MAX_PINNED}; of no meaning for a search. */
  readonly withPinned?: boolean;
  /** How exact the total is; about so many only where counting would take long. */
  readonly total?: TotalPrecision;
  /** Who asks: searches of one caller do not keep those of another waiting. */
  readonly caller?: string;
  /** Says that nobody waits for the answer any more: a search for it ends. */
  readonly signal?: AbortSignal;
}

/** All that a filter selects. */
export type SelectionRequest = Pick<SessionPageRequest, 'filter' | 'caller' | 'signal'>;

/** All that a search finds, `limit` of it in one go. */
export type FoundRequest = SelectionRequest & Pick<SessionPageRequest, 'sort' | 'limit'>;

/** More entries than any history has: no page is so long, but a selection is everything. */
export const ALL_ENTRIES = 1_000_000_000;

/** Asks for the pinned entries that come beside a page. */
export function pinnedRequest({ withPinned: _, ...request }: SessionPageRequest): SessionPageRequest {
  return {
    ...request,
    filter: { ...request.filter, pinned: true },
    limit: MAX_PINNED,
    start: { offset: 0 },
  };
}

/** An entry of a list, and where it stands in the list's order. */
export interface PlacedSession {
  readonly session: Session;
  readonly place: Cursor;
}

/** What the rules of a list kept out of an otherwise equal query. */
export interface HiddenSessions {
  /** Entries kept out by the archive rule. */
  readonly archived: number;
  /** Session rows kept out by the children rule: delegates and the older parts of chains. */
  readonly children: number;
}

/** How exact totals can be asked for. */
export const TOTAL_PRECISIONS = ['exact', 'about'] as const;

export type TotalPrecision = (typeof TOTAL_PRECISIONS)[number];

/** What a store answers to a {@link SessionPageRequest}. */
export interface SessionPage {
  readonly entries: readonly PlacedSession[];
  /** All pinned entries of the list in its order, those of the page included, where they were asked for. */
  readonly pinned?: readonly PlacedSession[];
  readonly total: number;
  /** Whether total and hidden are estimates. */
  readonly isTotalAbout?: boolean;
  /** The place behind the last entry; null on the last page. */
  readonly next: Cursor | null;
  readonly hidden: HiddenSessions;
  /** Whether hits may be missing because a search index is not complete. */
  readonly searchIncomplete: boolean;
  /** Profiles whose sessions are missing because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** Which messages are a transcript, and in which order. */
export interface TranscriptSelection {
  readonly order: 'asc' | 'desc';
  readonly roles?: readonly string[];
  readonly includeInactive: boolean;
  /** Whether the whole compression chain is read as one transcript. */
  readonly lineage: boolean;
}

/** Part of a transcript. `after` and `before` are message ids and bound the part in time, whatever the order. */
export interface MessagePageRequest extends TranscriptSelection {
  readonly limit: number;
  /** Messages to skip; of no meaning together with `around`. */
  readonly offset: number;
  /** A message id: of the pages that the transcript has with this limit, the one in which it stands. */
  readonly around?: number;
  readonly after?: number;
  readonly before?: number;
  /** Messages that nobody is shown are part of it as well: of those in use, which the model reads, or of all that were not rewound. */
  readonly withHidden?: 'in use' | 'kept';
  /** Whether messages come with their rows. */
  readonly withRows?: boolean;
  /** Bytes of messages behind which the page ends before its limit; some megabytes unless told otherwise. */
  readonly mostBytes?: number;
}

/** What of the messages of one session is read to its end. */
export type WholeTranscript = Pick<MessagePageRequest, 'includeInactive' | 'withHidden' | 'withRows'>;

/** The messages of a transcript that satisfy a search. */
export interface MessageSearchRequest extends TranscriptSelection {
  readonly text: string;
  readonly limit: number;
  readonly offset: number;
  /** Who asks, and for how long, as in {@link SessionPageRequest}. */
  readonly caller?: string;
  readonly signal?: AbortSignal;
}

/** What a store answers to a {@link MessagePageRequest}. */
export interface MessagePage {
  readonly messages: readonly Message[];
  /** Messages of the transcript with these roles, over all pages. */
  readonly total: number;
  readonly hasMore: boolean;
  /** Of the message that was asked for with `around`: how many messages of the transcript come before it in this order. */
  readonly position?: number;
}

/** What a store answers to a {@link MessageSearchRequest}. */
export interface MessageHitPage {
  readonly hits: readonly MessageHit[];
  /** Messages of the transcript that satisfy the search. */
  readonly total: number;
  readonly hasMore: boolean;
}

/** Changes to a session; an absent field stays as it is. Titles are already normalised. */
export interface SessionChanges {
  readonly title?: string | null;
  readonly archived?: boolean;
  readonly pinned?: boolean;
  /** Whether lists leave it out. */
  readonly hidden?: boolean;
  /** Whether it counts as unread, or as read up to now. */
  readonly unread?: boolean;
  /** Why the session ends; one that has ended already stays as it is. */
  readonly endReason?: string;
  /** When it ended, in epoch seconds; now where that is not said. */
  readonly endedAt?: number;
}

/** The refusal of a change for which a history has no place. */
export function unsupportedChange(field: string): DomainError {
  return new DomainError('unsupported_by_store', {
    param: field,
    message: `This history's version cannot remember ${field}. Update Hermes to use it.`,
  });
}

/** The page of a search for which there is nothing to search. */
export const EMPTY_PAGE: SessionPage = {
  entries: [],
  total: 0,
  next: null,
  hidden: { archived: 0, children: 0 },
  searchIncomplete: false,
  unavailableProfiles: [],
};
