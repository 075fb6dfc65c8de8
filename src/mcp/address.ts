/** A session's address as the caller gave it. */
export interface Address {
  readonly id: string;
  readonly profile?: string;
  readonly origin?: string;
}
