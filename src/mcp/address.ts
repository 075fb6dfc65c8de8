/** Where a session is, as it was said. */
export interface Address {
  readonly id: string;
  readonly profile?: string;
  readonly origin?: string;
}

/** A history, as it was said, or as a session names it. */
interface History {
  readonly profile?: string;
  readonly origin?: string | null;
}

/** The part of an address that leads to a history. */
export function historyOf({ profile, origin }: History): {
  readonly profile?: string;
  readonly origin?: string;
} {
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(origin === undefined || origin === null ? {} : { origin }),
  };
}
