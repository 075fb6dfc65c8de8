/** Which sessions somebody may know of. An absent limit allows all; several must all hold. */
export interface SessionAccess {
  /** Sessions of this user alone, as the platform names users. */
  readonly userId?: string;
  readonly platforms?: readonly string[];
  /** Profiles of Hermes, each of which has a history of its own. */
  readonly profiles?: readonly string[];
  /** Hosts, where one store has the histories of several. */
  readonly origins?: readonly string[];
}

/** A history, as callers name it: a profile of Hermes, and the host that it is of; null where there is but one. */
export interface HistoryName {
  readonly profile: string;
  readonly origin: string | null;
}

/** A profile of Hermes. */
export interface ProfileName {
  readonly name: string;
  /** The host that it is of; null where there is but one. */
  readonly origin: string | null;
  /** Whether it lies in Hermes's folder itself. */
  readonly isDefault: boolean;
}

/** Access to everything. */
export const FULL_ACCESS: SessionAccess = {};

/** What decides whose a session is. */
export interface SessionOwner {
  readonly source: string;
  readonly userId: string | null;
}

/**
 * Whether somebody may know of a session of a profile that is allowed. Every store asks here, and treats what is not allowed as
 * if it did not exist.
 */
export function mayKnow(access: SessionAccess, { source, userId }: SessionOwner): boolean {
  if (access.userId !== undefined && access.userId !== userId) return false;
  return access.platforms === undefined || access.platforms.includes(source);
}

/**
 * Whether somebody may take a session along that worked for one of theirs. Most have no user: they belong to whom they worked for. One
 * that has a user must be theirs like any other.
 */
export function mayTake(access: SessionAccess, session: SessionOwner): boolean {
  return session.userId === null || mayKnow(access, session);
}

/** Whether somebody may know of anything in a history. */
export function mayEnter(access: SessionAccess, { profile, origin }: HistoryName): boolean {
  if (access.profiles !== undefined && !access.profiles.includes(profile)) return false;
  return access.origins === undefined || (origin !== null && access.origins.includes(origin));
}

/** Whether somebody may know of everything. */
export function isWhole(access: SessionAccess): boolean {
  return Object.values(access).every((limit) => limit === undefined);
}

/** Whether single sessions of a profile have to be looked at. */
export function isLimited({ userId, platforms }: SessionAccess): boolean {
  return userId !== undefined || platforms !== undefined;
}

/** Profiles and hosts that somebody asks for, one or several of each; all where none are named. */
export interface HistorySelection {
  readonly profile?: string | readonly string[] | null;
  readonly origin?: string | readonly string[] | null;
}

/** The part of an access that lies in the histories that are asked for. */
export function accessWithin(access: SessionAccess, { profile, origin }: HistorySelection): SessionAccess {
  return {
    ...access,
    profiles: narrowed(access.profiles, profile),
    origins: narrowed(access.origins, origin),
  };
}

function narrowed(
  allowed: readonly string[] | undefined,
  wanted: string | readonly string[] | null | undefined,
): readonly string[] | undefined {
  if (wanted === undefined || wanted === null) return allowed;
  const names = typeof wanted === 'string' ? [wanted] : wanted;
  return allowed === undefined ? names : names.filter((name) => allowed.includes(name));
}
