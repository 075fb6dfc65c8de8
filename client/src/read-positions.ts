/** A header by which a server that reads copies of its database says how far that was, and hears it again. */
const HEADER = 'Read-Position';

/** How far the database was when this client changed it or was told of a change, so that every server shows it no less. */
export class ReadPositions {
  /** Hexadecimal digits; empty where no server said anything, as those that read no copies. */
  #furthest = '';

  /** Remembers what a server said. */
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

  /** Says it to whichever server is asked next. */
  tell({ headers }: Request): void {
    if (this.#furthest !== '') headers.set(HEADER, this.#furthest);
  }
}
