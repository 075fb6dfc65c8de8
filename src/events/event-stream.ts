import { Readable } from 'node:stream';

/** Text that may wait for a listener to read it for as long as it takes, in bytes. */
const MAX_WAITING = 1024 * 1024;

/** Text that may wait for a moment, in bytes: one commit can have thousands of messages, and nobody reads them before all are told. */
const MAX_BURST = 16 * MAX_WAITING;

/** How long more than {@link MAX_WAITING} may wait, in milliseconds. */
const CATCHING_UP = 3000;

/** Text that is made ready for the connection of a listener, in bytes; what waits beside it is shared by all who are told the same. */
const PREPARED = 64 * 1024;

/** Texts that were passed on and are let go of together: one by one, all that wait behind would be moved for each. */
const LET_GO = 1000;

/** Text of what a listener missed that it is told when it comes back, in bytes; what happens meanwhile finds room beside it. */
export const MAX_PAST = MAX_WAITING / 2;

/** The answer to one listener: text/event-stream, as much of it as the listener keeps up with. */
export class EventStream extends Readable {
  #texts: string[] = [];
  /** The first of the texts that is still to be passed on. */
  #next = 0;
  #bytes = 0;
  #isEnding = false;
  #late: NodeJS.Timeout | undefined;

  /** @param onDrop is called when the listener is dropped because it reads too slowly. */
  constructor(private readonly onDrop: () => void) {
    super({ highWaterMark: PREPARED });
  }

  override _read(): void {
    this.#passOn();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#late);
    this.#texts = [];
    done(error);
  }

  /** Sends an event, or a piece of one. */
  send(text: string): void {
    if (this.destroyed || this.#isEnding) return;
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
    if (this.readableLength < PREPARED) this.#passOn();
    if (this.#waiting > MAX_BURST) this.#drop();
    else if (this.#waiting > MAX_WAITING) this.#late ??= this.#dropLater();
  }

  /** Ends the answer as a listener expects it, who then asks again. */
  end(): void {
    this.#isEnding = true;
    if (this.readableLength < PREPARED) this.#passOn();
  }

  get #waiting(): number {
    return this.readableLength + this.#bytes;
  }

  #passOn(): void {
    for (let takesMore = true; takesMore && this.#next < this.#texts.length;) {
      const text = this.#texts[this.#next] ?? '';
      this.#texts[this.#next++] = '';
      this.#bytes -= Buffer.byteLength(text);
      takesMore = this.push(text);
    }
    if (this.#next >= LET_GO && this.#next * 2 >= this.#texts.length) {
      this.#texts.splice(0, this.#next);
      this.#next = 0;
    }
    if (this.#waiting <= MAX_WAITING) {
      clearTimeout(this.#late);
      this.#late = undefined;
    }
    if (this.#next < this.#texts.length) return;
    this.#texts = [];
    this.#next = 0;
    if (this.#isEnding) this.push(null);
  }

  #dropLater(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#drop();
    }, CATCHING_UP).unref();
  }

  #drop(): void {
    this.onDrop();
    this.destroy();
  }
}
