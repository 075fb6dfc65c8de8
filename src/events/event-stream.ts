import { Readable } from 'node:stream';

/** Bytes that may wait for a listener without a time limit. */
const MAX_WAITING = 1024 * 1024;

/** Bytes that may wait for a short time: one commit can have thousands of messages, and nobody reads them before all have been sent. */
const MAX_BURST = 16 * MAX_WAITING;

/** How long more than {@link MAX_WAITING} may wait, in milliseconds. */
const CATCHING_UP = 3000;

/** Bytes buffered for the connection of a listener; the texts that wait beyond these are shared by all listeners of the same events. */
const PREPARED = 64 * 1024;

/** Sent texts are removed in groups of this size: removing each alone would move all waiting texts every time. */
const LET_GO = 1000;

/** Most bytes of missed events that a resuming listener is sent; leaves room for events that happen meanwhile. */
export const MAX_PAST = MAX_WAITING / 2;

/** The response to one listener: text/event-stream, for as long as the listener keeps up. */
export class EventStream extends Readable {
  #texts: string[] = [];
  /** Index of the first text that is still to be sent. */
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

  /** Sends an event, or a part of one. */
  send(text: string): void {
    if (this.destroyed || this.#isEnding) return;
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
    if (this.readableLength < PREPARED) this.#passOn();
    if (this.#waiting > MAX_BURST) this.#drop();
    else if (this.#waiting > MAX_WAITING) this.#late ??= this.#dropLater();
  }

  /** Ends the response regularly; the listener then reconnects. */
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
