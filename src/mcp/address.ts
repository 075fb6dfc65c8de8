/** A session's address as the caller gave it. */
export interface Address {
  readonly id: string;
  readonly profile?: string;
  readonly origin?: string;
}

/** The history of an address or a session. */
interface History {
  readonly profile?: string;
  readonly origin?: string | null;
}

/** The part of an address that names the history. */
export function historyOf({ profile, origin }: History): {
  readonly profile?: string;
  readonly origin?: string;
} {
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(origin === undefined || origin === null ? {} : { origin }),
  };
}
