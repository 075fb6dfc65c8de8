/** Everything is compared every hour; after this many seconds, something prevents that. */
const COMPARED_LATELY = 2 * 3600;

/** A shipper reports every five seconds that everything was sent; after this many seconds without a report it is behind. */
const IN_STEP_LATELY = 60;

/** How far a host's history has been sent. Times are epoch seconds; ages are seconds by the database's clock. */
export interface ShippingStatus {
  /** The latest time up to which everything at the host is known to be in the database; null if no shipper is expected. */
  readonly inStepAt: number | null;
  readonly inStepSeconds: number | null;
  /** When the host's whole history was last compared; null before the first comparison. */
  readonly comparedAt: number | null;
  readonly comparedSeconds: number | null;
  /** Sessions that are missing at the host, and stay until their removal is accepted. */
  readonly heldSessions: number;
}

/** Whether the last comparison is recent enough. */
export function isComparedLately(comparedSeconds: number): boolean {
  return comparedSeconds <= COMPARED_LATELY;
}

/** Warnings for an operator; null if there are none, and for a retired host. */
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
