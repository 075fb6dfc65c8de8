import { DomainError, FAILURES } from '../domain/errors.js';
import type { ProfileName, SessionAccess } from '../domain/access.js';
import type { ShippingStatus } from './shipping-status.js';

/** What a store supports, for `/v1/capabilities`. */
export interface StoreFeatures {
  readonly search: boolean;
  readonly rename: boolean;
  readonly archive: boolean;
  readonly pin: boolean;
  readonly delete: boolean;
  /** Whether sessions can be created. */
  readonly create: boolean;
}

/** The status of a store for operators. */
export interface StoreStatus {
  readonly kind: string;
  readonly schemaVersion: number | null;
  /** Of Hermes's file; null if there is none. */
  readonly journalMode: string | null;
  readonly sessions: number;
  readonly messages: number;
  /** Sessions that have not ended. */
  readonly activeSessions: number;
  /** Sessions that are in no answer, because their ids are empty or not text; null if only their hosts know. */
  readonly unreadableSessions: number | null;
  /** Seconds since the index was last updated; null while it is being built. */
  readonly indexAgeSeconds: number | null;
  /** Why the served data may be outdated; null if there is no sign of that. */
  readonly staleReason: string | null;
}

/** Metrics of a profile. */
export interface ProfileMeasurements {
  readonly profile: string;
  readonly origin: string | null;
  readonly ready: boolean;
  readonly sessions: number;
  readonly messages: number;
  readonly fileBytes: number;
  readonly journalBytes: number;
  /** Seconds since the index was last known to be current; null while it is being built. */
  readonly indexAgeSeconds: number | null;
  readonly searchesWaiting: number;
  /** The state of its shipper; null if it is served from its file. */
  readonly shipping: ShippingMeasurements | null;
}

/** How far a shipper has sent a history. */
interface ShippingMeasurements {
  /** Seconds since the last complete comparison; null before the first one. */
  readonly comparedSeconds: number | null;
  /** Sessions that are missing at the host, and stay until their removal is accepted. */
  readonly heldSessions: number;
}

/** A standby database that is read instead of the primary. */
export interface StandbyMeasurements {
  readonly name: string;
  /** Seconds since it is known to have been up to date. */
  readonly behindSeconds: number;
}

/** Whether requests can be answered, and otherwise the reason. */
export type StoreReadiness = { readonly ready: true } | Unreadiness;

/** Why requests cannot be answered. */
interface Unreadiness {
  readonly ready: false;
  /** For everybody, so it reveals nothing about the history. */
  readonly reason: string;
  /** How many sessions are indexed or sent, for callers who may see all; null if unknown. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** Whether it will become ready by itself. */
  readonly building: boolean;
}

/**
 * The readiness of a store that failed to report it. It never fails itself, because a failing probe means a dead server.
 * @param tell receives unexpected failures, which the caller must not see.
 */
export function unreadyBy(error: unknown, tell: (text: string) => void): Unreadiness {
  const isForeseen = error instanceof DomainError;
  if (!isForeseen) tell(`Requests cannot be answered: ${String(error)}`);
  const reason = isForeseen ? error.message : FAILURES.store_unavailable;
  return { ready: false, reason, progress: null, building: false };
}

/** A profile of Hermes, with its readiness. */
export interface ProfileStatus extends ProfileName {
  readonly readiness: StoreReadiness;
  /** How far it has been sent; null if it is served from its file. */
  readonly shipping: ShippingStatus | null;
}

/** The state of a store, and the features that it supports. */
export abstract class StoreHealth {
  abstract features(): Promise<StoreFeatures>;

  abstract status(): Promise<StoreStatus>;

  abstract readiness(): Promise<StoreReadiness>;

  /** Metrics of all profiles; must not query a file for anything slow. */
  abstract measurements(): Promise<readonly ProfileMeasurements[]>;

  /** The lag of each standby that is read; empty if there are none. */
  abstract standbys(): readonly StandbyMeasurements[];

  /** The visible profiles, the default one first, the others by name. */
  abstract profilesOf(access: SessionAccess): Promise<readonly ProfileStatus[]>;
}
