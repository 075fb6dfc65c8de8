import { Readable } from 'node:stream';

/** Text that may wait for a listener to read it, in bytes; beyond it the listener is dropped. */
const MAX_WAITING = 1024 * 1024;

/** Text of what a listener missed that it is told when it comes back, in bytes; what happens meanwhile finds room beside it. */
export const MAX_PAST = MAX_WAITING / 2;

/** The answer to one listener: text/event-stream, as much of it as the listener keeps up with. */
export class EventStream extends Readable {
  /** @param onDrop is called when the listener is dropped because it reads too slowly. */
  constructor(private readonly onDrop: () => void) {
    super({ highWaterMark: MAX_WAITING });
  }

  override _read(): void {
    // Events come when they come.
  }

  /** Sends an event, or a piece of one. */
  send(text: string): void {
    if (this.destroyed || this.readableEnded) return;
    if (this.readableLength + Buffer.byteLength(text) > MAX_WAITING) {
      this.onDrop();
      this.destroy();
      return;
    }
    this.push(text);
  }

  /** Ends the answer as a listener expects it, who then asks again. */
  end(): void {
    this.push(null);
  }
}
