/** Message ids of one block of the map. */
const BLOCK = 65_536;

/** Blocks of the map as threads share them: number of the block and its memory. */
export type OwnerBlocks = readonly (readonly [block: number, owners: Int32Array<SharedArrayBuffer>])[];

/** What the map says of a message. */
export interface MessageOwner {
  /** Slot of the session, as {@link SessionTable} numbers them. */
  readonly slot: number;
  /** Whether a search may find it. */
  readonly findable: boolean;
}

/**
 * Which session each message belongs to, by message id: the file itself only tells by reading the wide row.
 * In memory that search threads share. One number a message: 0 for none, else slot + 1, negative where the
 * message was rewound.
 */
export class MessageOwners {
  readonly #blocks = new Map<number, Int32Array<SharedArrayBuffer>>();

  get blocks(): OwnerBlocks {
    return [...this.#blocks];
  }

  set(messageId: number, owner: MessageOwner): void {
    const number = Math.floor(messageId / BLOCK);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = new Int32Array(new SharedArrayBuffer(BLOCK * Int32Array.BYTES_PER_ELEMENT));
      this.#blocks.set(number, block);
    }
    block[messageId % BLOCK] = owner.findable ? owner.slot + 1 : -owner.slot - 1;
  }
}

/** Reads the map in a thread that it was shared with. */
export class SharedMessageOwners {
  readonly #blocks: ReadonlyMap<number, Int32Array>;
  #last: Int32Array | undefined;
  #lastNumber = -1;

  constructor(blocks: OwnerBlocks) {
    this.#blocks = new Map(blocks);
  }

  /** slot + 1 of the session that a message belongs to, negative where it was rewound, 0 where unknown. */
  signedSlot(messageId: number): number {
    const number = Math.floor(messageId / BLOCK);
    if (number !== this.#lastNumber) {
      this.#last = this.#blocks.get(number);
      this.#lastNumber = number;
    }
    return this.#last?.[messageId % BLOCK] ?? 0;
  }
}
