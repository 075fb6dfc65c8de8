import { DomainError, FAILURES } from '../domain/errors.js';
import type { ProfileName, SessionAccess } from './session-access.js';
import type { ShippingStatus } from './shipping-status.js';

/** What a store can do with the history it holds, for `/v1/capabilities`. */
export interface StoreFeatures {
  readonly search: boolean;
  readonly rename: boolean;
  readonly archive: boolean;
  readonly pin: boolean;
  readonly delete: boolean;
  /** Whether sessions can be made. */
  readonly create: boolean;
}

/** What an operator wants to know about a store. */
export interface StoreStatus {
  readonly kind: string;
  readonly schemaVersion: number | null;
  /** Of Hermes's file; null where there is none. */
  readonly journalMode: string | null;
  readonly sessions: number;
  readonly messages: number;
  /** Sessions that have not ended. */
  readonly activeSessions: number;
  /** Session rows that are in no answer, since their ids are empty or no text; null where only their hosts know. */
  readonly unreadableSessions: number | null;
  /** Seconds since the index was last brought up to date; null while it is being built. */
  readonly indexAgeSeconds: number | null;
  /** Why what is served is not what Hermes writes by now; null where nothing says so. */
  readonly staleReason: string | null;
}

/** What a profile is like at a moment, in numbers. */
export interface ProfileMeasurements {
  readonly profile: string;
  readonly origin: string | null;
  readonly ready: boolean;
  readonly sessions: number;
  readonly messages: number;
  readonly fileBytes: number;
  readonly journalBytes: number;
  /** Seconds since the index was last known to be true; null while it is being built. */
  readonly indexAgeSeconds: number | null;
  readonly searchesWaiting: number;
  /** How its shipper does; null where it is served from its file. */
  readonly shipping: ShippingMeasurements | null;
}

/** What a shipper has made of a history. */
interface ShippingMeasurements {
  /** Seconds since everything that the host has was last found to be in the database; null before that. */
  readonly comparedSeconds: number | null;
  /** Sessions that the host has no more and that stay until somebody accepts that they go. */
  readonly heldSessions: number;
}

/** A database that follows another one, and is read in its place. */
export interface StandbyMeasurements {
  readonly name: string;
  /** Seconds since it is known to have had everything. */
  readonly behindSeconds: number;
}

/** Whether requests can be answered, and if not, why. */
export type StoreReadiness = { readonly ready: true } | Unreadiness;

/** Why requests cannot be answered. */
interface Unreadiness {
  readonly ready: false;
  /** For everybody: it says nothing of what is in the history. */
  readonly reason: string;
  /** How many sessions of how many are there already, for whoever may know of all; null where that is not known. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** Whether it is only a matter of time. */
  readonly building: boolean;
}

/**
 * What a store is that cannot be looked at: not ready, whatever that failed with. A probe that fails itself is taken for a server that is gone.
 * @param tell is told what nobody foresaw, which is nothing for who asks.
 */
export function unreadyBy(error: unknown, tell: (text: string) => void): Unreadiness {
  const isForeseen = error instanceof DomainError;
  if (!isForeseen) tell(`Requests cannot be answered: ${String(error)}`);
  const reason = isForeseen ? error.message : FAILURES.store_unavailable;
  return { ready: false, reason, progress: null, building: false };
}

/** A profile of Hermes, and whether its history can be read. */
export interface ProfileStatus extends ProfileName {
  readonly readiness: StoreReadiness;
  /** How far it has been sent; null where it is served from its file. */
  readonly shipping: ShippingStatus | null;
}

/** How a store does, and what can be done with what it holds. */
export abstract class StoreHealth {
  abstract features(): Promise<StoreFeatures>;

  abstract status(): Promise<StoreStatus>;

  abstract readiness(): Promise<StoreReadiness>;

  /** What the profiles are like now; asks no file for anything that takes time. */
  abstract measurements(): Promise<readonly ProfileMeasurements[]>;

  /** How the standbys do that are read; none where there are none. */
  abstract standbys(): readonly StandbyMeasurements[];

  /** The profiles that somebody may know of, the default one first, the others by name. */
  abstract profilesOf(access: SessionAccess): Promise<readonly ProfileStatus[]>;
}
