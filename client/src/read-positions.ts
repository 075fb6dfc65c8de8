/** The header in which a server with read replicas reports its database's position, and in which the client sends it back. */
const HEADER = 'Read-Position';

/** The database's position at this client's changes and received events. Sending it makes every server read at least that state. */
export class ReadPositions {
  /** Hexadecimal digits; empty if no server has reported a position, as without replicas. */
  #furthest = '';

  /** Remembers a reported position if it is further. */
  hear(position: string | null | undefined): void {
    if (position == null) return;
    const isFurther =
      position.length === this.#furthest.length
        ? position > this.#furthest
        : position.length > this.#furthest.length;
    if (isFurther) this.#furthest = position;
  }

  hearFrom({ headers }: Response): void {
    this.hear(headers.get(HEADER));
  }

  /** Sends the position with the next request, to whichever server. */
  tell({ headers }: Request): void {
    if (this.#furthest !== '') headers.set(HEADER, this.#furthest);
  }
}
