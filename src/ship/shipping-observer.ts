/** Observes the progress of a history that is sent. */
export interface ShippingObserver {
  /** Numbers of sessions and messages that were sent, and of sessions left. */
  progress(
    profile: string,
    sent: { readonly sessions: number; readonly messages: number; readonly left: number },
  ): void;
  /** The whole history has been sent. */
  loaded(profile: string): void;
}
