import { defined } from './defined.js';

/** Which sessions a caller may see. An absent limit allows all; all present limits must hold. */
export interface SessionAccess {
  /** Only sessions of this user, as the platform identifies users. */
  readonly userId?: string;
  readonly platforms?: readonly string[];
  /** Profiles of Hermes, each with its own history. */
  readonly profiles?: readonly string[];
  /** Hosts, if the store has the histories of several. */
  readonly origins?: readonly string[];
}

/** The name of a history: a profile of Hermes and its host, which is null if there is only one host. */
export interface HistoryName {
  readonly profile: string;
  readonly origin: string | null;
}

/** A profile of Hermes. */
export interface ProfileName {
  readonly name: string;
  /** Its host; null if there is only one. */
  readonly origin: string | null;
  /** Whether it is in Hermes's own folder rather than a subfolder. */
  readonly isDefault: boolean;
}

/** Unrestricted access. */
export const FULL_ACCESS: SessionAccess = {};

/** The properties of a session that determine its owner. */
export interface SessionOwner {
  readonly source: string;
  readonly userId: string | null;
}

/**
 * Whether a session of an allowed profile is visible. Every store must use this, and treat a session that is not visible as nonexistent.
 */
export function mayKnow(access: SessionAccess, { source, userId }: SessionOwner): boolean {
  if (access.userId !== undefined && access.userId !== userId) return false;
  return access.platforms === undefined || access.platforms.includes(source);
}

/**
 * Whether the caller may delete a delegate along with one of their sessions. Most delegates have no user, and belong to the session that
 * they worked for. A delegate with a user must be visible like any other session.
 */
export function mayTake(access: SessionAccess, session: SessionOwner): boolean {
  return session.userId === null || mayKnow(access, session);
}

/** Whether anything in a history may be visible. */
export function mayEnter(access: SessionAccess, { profile, origin }: HistoryName): boolean {
  if (access.profiles !== undefined && !access.profiles.includes(profile)) return false;
  return access.origins === undefined || (origin !== null && access.origins.includes(origin));
}

/** Whether an access is unrestricted. */
export function isWhole(access: SessionAccess): boolean {
  return Object.values(access).every((limit) => limit === undefined);
}

/** Whether visibility has to be checked for each session of a profile. */
export function isLimited({ userId, platforms }: SessionAccess): boolean {
  return userId !== undefined || platforms !== undefined;
}

/** The requested profiles and hosts, one or several of each; all if none are named. */
export interface HistorySelection {
  readonly profile?: string | readonly string[] | null;
  readonly origin?: string | readonly string[] | null;
}

/** The history of a session or an address, as requests name it. */
export function historyOf({ profile, origin }: Partial<HistoryName>): {
  readonly profile?: string;
  readonly origin?: string;
} {
  return defined({ profile, origin: origin ?? undefined });
}

/** An access, narrowed to the requested histories. */
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
