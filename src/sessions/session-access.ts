/** Which sessions somebody may know of. An absent limit allows all; several must all hold. */
export interface SessionAccess {
  /** Sessions of this user alone, as the platform names users. */
  readonly userId?: string;
  readonly platforms?: readonly string[];
  /** Profiles of Hermes, each of which has a history of its own. */
  readonly profiles?: readonly string[];
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

/** Whether somebody may know of anything in a profile. */
export function mayEnter(access: SessionAccess, profile: string): boolean {
  return access.profiles === undefined || access.profiles.includes(profile);
}

/** Whether single sessions of a profile have to be looked at. */
export function isLimited({ userId, platforms }: SessionAccess): boolean {
  return userId !== undefined || platforms !== undefined;
}

/** The part of an access that lies in these profiles; all of it where none are named. */
export function withinProfiles(
  access: SessionAccess,
  profiles: readonly string[] | undefined,
): SessionAccess {
  if (profiles === undefined) return access;
  return { ...access, profiles: profiles.filter((profile) => mayEnter(access, profile)) };
}
