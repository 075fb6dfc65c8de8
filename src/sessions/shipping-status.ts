/** Everything is compared every hour; after this many seconds without, something keeps the shipper from it. */
const COMPARED_LATELY = 2 * 3600;

/** A shipper says every five seconds that it has sent everything; after this many without, it is behind. */
const IN_STEP_LATELY = 60;

/** How far the history of a host has been sent. Times are epoch seconds, ages seconds by the clock of the database. */
export interface ShippingStatus {
  /** When everything that had happened at the host by then was known to be in the database; null where no shipper is expected. */
  readonly inStepAt: number | null;
  readonly inStepSeconds: number | null;
  /** When all that the host has was last compared; null before that. */
  readonly comparedAt: number | null;
  readonly comparedSeconds: number | null;
  /** Sessions that the host has no more and that stay until somebody accepts that they go. */
  readonly heldSessions: number;
}

/** Whether everything was compared as lately as it should have been. */
export function isComparedLately(comparedSeconds: number): boolean {
  return comparedSeconds <= COMPARED_LATELY;
}

/** What an operator should look at; null where all is well, and where a host was retired. */
export function shippingWarning({
  inStepSeconds,
  comparedSeconds,
  heldSessions,
}: Omit<ShippingStatus, 'inStepAt' | 'comparedAt'>): string | null {
  if (inStepSeconds === null) return null;
  const warnings = [
    ...(inStepSeconds > IN_STEP_LATELY
      ? ['Its shipper does not run, cannot reach the database, or has more to send than it can.']
      : []),
    ...(comparedSeconds === null || isComparedLately(comparedSeconds)
      ? []
      : ['It was not compared with its host for more than two hours.']),
    ...(heldSessions > 0
      ? ['Sessions are missing at its host, and stay here until somebody accepts that they go.']
      : []),
  ];
  return warnings.length === 0 ? null : warnings.join(' ');
}
