/** What becomes of a history while it is sent. */
export interface ShippingObserver {
  /** Sessions and messages that were sent, of how many sessions that had to be. */
  progress(
    profile: string,
    sent: { readonly sessions: number; readonly messages: number; readonly left: number },
  ): void;
  /** Everything that the history held has been sent. */
  loaded(profile: string): void;
}
