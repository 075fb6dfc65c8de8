import { ApiError } from '../../http/errors.js';
import { unknownParameter } from '../../http/validation.js';
import type { SessionAccess } from '../../domain/access.js';
import type { SessionFilter, SessionSort } from '../../sessions/session-query.js';
import type { SessionFields } from '../hermes-sessions.service.js';
import { numberIn, textIn, textsIn, type LenientQuery } from '../lenient-query.js';
import { readFlag, type RequestBody } from '../request-body.js';

const PAGE = { usual: 20, most: 100, mostOfProfiles: 500 } as const;
const MAX_OFFSET = 1_000_000;

/** The requested part of a list. */
export interface PageNumbers {
  readonly limit: number;
  readonly offset: number;
}

/** The page of a list of one profile, or of several combined. */
export function numbersIn(query: LenientQuery, most: 'most' | 'mostOfProfiles' = 'most'): PageNumbers {
  return {
    limit: numberIn(query, 'limit', PAGE.usual, PAGE[most]),
    offset: numberIn(query, 'offset', 0, MAX_OFFSET),
  };
}

/** The order of a list. @throws {ApiError} `invalid_parameter` */
export function sortIn(query: LenientQuery): SessionSort {
  switch (textIn(query, 'order') ?? 'created') {
    case 'created':
      return '-started_at';
    case 'recent':
      return '-last_active_at';
    default:
      throw new ApiError('invalid_parameter', { message: 'order must be one of: created, recent' });
  }
}

const ARCHIVED: Readonly<Record<string, SessionFilter['archived']>> = {
  exclude: 'false',
  only: 'true',
  include: 'any',
};

/** The filter of a list. @throws {ApiError} `invalid_parameter` */
export function filterIn(query: LenientQuery, access: SessionAccess): SessionFilter {
  const archived = ARCHIVED[textIn(query, 'archived') ?? 'exclude'];
  if (archived === undefined)
    throw new ApiError('invalid_parameter', { message: 'archived must be one of: exclude, only, include' });
  const least = numberIn(query, 'min_messages', 0, Number.MAX_SAFE_INTEGER);
  const source = textIn(query, 'source');
  return {
    access,
    archived,
    includeChildren: false,
    platforms: source === undefined ? textsIn(query, 'sources') : [source],
    exceptPlatforms: textsIn(query, 'exclude_sources'),
    minMessages: least === 0 ? undefined : least,
    folder: textIn(query, 'cwd_prefix'),
  };
}

/** Sessions that ended without a message. */
export function emptyWithin(access: SessionAccess): SessionFilter {
  return { access, archived: 'false', includeChildren: true, isEmpty: true };
}

/** Turns each word into a prefix search, except for phrases and words that already are one. */
export function withPrefixes(text: string): string {
  return [...text.matchAll(/"[^"]*"|\S+/g)]
    .map(([word]) => (word.startsWith('"') || word.endsWith('*') ? word : `${word}*`))
    .join(' ');
}

/** The requested changes of a session. @throws {ApiError} `empty_update`, `invalid_session_field` */
export function fieldsIn({ title, archived, hidden, pinned, unread }: RequestBody): SessionFields {
  if ([title, archived, hidden, pinned, unread].every((value) => value === undefined || value === null)) {
    throw new ApiError('empty_update', {
      message: "Nothing to update; provide 'title', 'archived', and/or 'pinned'.",
    });
  }
  return {
    ...(title === undefined || title === null ? {} : { title: titleIn(title) }),
    archived: flagOf(archived, 'archived'),
    hidden: flagOf(hidden, 'hidden'),
    pinned: flagOf(pinned, 'pinned'),
    unread: flagOf(unread, 'unread'),
  };
}

function titleIn(title: unknown): string {
  if (typeof title === 'string') return title;
  throw new ApiError('invalid_session_field', { message: "'title' must be a string" });
}

function flagOf(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  const flag = readFlag(value);
  if (flag === undefined)
    throw new ApiError('invalid_session_field', { message: `'${name}' must be a boolean` });
  return flag;
}

/**
 * The profile of a change. Hermes reads it from the body only; here it may also be in the query.
 * @throws {ApiError} `invalid_body` if it is not a text, `invalid_parameter` if several are named: the change would act on another profile
 *   than was meant.
 */
export function profileIn({ profile }: RequestBody, query: LenientQuery): string | undefined {
  if (profile !== undefined && profile !== null && typeof profile !== 'string')
    throw new ApiError('invalid_body', { message: 'profile must be a string' });
  const named = [profile, query.profile].flat().filter((each) => typeof each === 'string' && each !== '');
  const [name, ...others] = new Set(named);
  if (others.length > 0)
    throw new ApiError('invalid_parameter', { param: 'profile', message: 'Name only one profile.' });
  return name ?? undefined;
}

/**
 * Refuses all fields but `profile` where a change selects its sessions itself: ignoring one would delete more than was meant.
 * @throws {ApiError} `unknown_parameter`
 */
export function requireOnlyProfile(input: LenientQuery | RequestBody): void {
  const name = Object.keys(input).find((each) => each !== 'profile');
  if (name !== undefined) throw unknownParameter(name);
}
