import pLimit from 'p-limit';
import { DomainError } from '../domain/errors.js';
import { entryFiles, isWhole, type EntryFile } from './entry-files.js';

/** Entries younger than this, in milliseconds, are never removed for lack of room, so that a deletion can be undone. */
const UNDOABLE = 600_000;

/** The share of a full trash that is freed at once: scanning thousands of files takes long. */
const FREED = 0.1;

/** How long a measured size is trusted, in milliseconds; other servers may share the folder. */
const MEASURED = 60_000;

/** The number and total size of entries. */
export interface HeldEntries {
  readonly entries: number;
  readonly bytes: number;
}

/** Limits and callbacks of a trash. */
export interface RoomSettings {
  /** Folders of the histories that are served here. */
  readonly folders: ReadonlySet<string>;
  /** Most bytes. */
  readonly most: number;
  readonly takeOut: (file: EntryFile) => Promise<void>;
  readonly onHeld: (held: HeldEntries) => void;
}

/** Limits the size of a trash. Entries are admitted one at a time, so that concurrent ones count each other. */
export class TrashRoom {
  readonly #turn = pLimit(1);
  #measured: (HeldEntries & { readonly at: number }) | undefined;

  constructor(private readonly settings: RoomSettings) {}

  /**
   * Admits an entry if it fits beside those that must not be removed.
   * @param letIn moves the entry into place.
   * @throws {DomainError} `trash_too_small`
   */
  letIn(bytes: number, letIn: () => Promise<void>): Promise<void> {
    return this.#turn(async () => {
      if (!(await this.#fits(bytes)))
        throw new DomainError('trash_too_small', {
          message:
            'What was deleted in the last ten minutes fills the trash, and can still be undone. Nothing more was deleted; set TRASH_MB higher, try again later, or delete without trash.',
        });
      await letIn();
      this.#count({ entries: 1, bytes });
    });
  }

  /** Counts an entry that was removed. */
  isLeft(bytes: number): void {
    this.#count({ entries: -1, bytes: -bytes });
  }

  /** Removes the oldest entries while the limit is exceeded. */
  make(): Promise<void> {
    return this.#turn(async () => {
      const known = this.#known();
      if (known === undefined || known.bytes > this.settings.most) await this.#removeOldest();
    });
  }

  /** Measures again: other servers add and remove entries. */
  makeAnew(): Promise<void> {
    this.#measured = undefined;
    return this.make();
  }

  async #fits(bytes: number): Promise<boolean> {
    const known = this.#known();
    if (known !== undefined && known.bytes + bytes <= this.settings.most) return true;
    const files = await this.#files();
    this.#hold(held(files));
    return held(files.filter((file) => !givesWay(file))).bytes + bytes <= this.settings.most;
  }

  async #removeOldest(): Promise<void> {
    const { most, takeOut } = this.settings;
    const files = [...(await this.#files())].sort((a, b) => a.writtenAt - b.writtenAt);
    let { entries, bytes } = held(files);
    const goal = bytes <= most ? most : (1 - FREED) * most;
    for (const file of files) {
      if (bytes <= goal) break;
      if (!givesWay(file)) continue;
      await takeOut(file);
      bytes -= file.bytes;
      entries--;
    }
    this.#hold({ entries, bytes });
  }

  /** Partial files are not entries yet. */
  async #files(): Promise<readonly EntryFile[]> {
    return (await entryFiles(this.settings.folders)).filter(isWhole);
  }

  /** Undefined if the last measurement is too old. */
  #known(): HeldEntries | undefined {
    return this.#measured !== undefined && Date.now() - this.#measured.at < MEASURED
      ? this.#measured
      : undefined;
  }

  #hold(all: HeldEntries): void {
    this.#measured = { ...all, at: Date.now() };
    this.settings.onHeld(all);
  }

  #count({ entries, bytes }: HeldEntries): void {
    if (this.#measured === undefined) return;
    const { at, ...before } = this.#measured;
    const all = { entries: before.entries + entries, bytes: before.bytes + bytes };
    this.#measured = { ...all, at };
    this.settings.onHeld(all);
  }
}

function held(files: readonly EntryFile[]): HeldEntries {
  return { entries: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Whether a file may be removed to make room. */
function givesWay({ state, writtenAt }: EntryFile): boolean {
  return state === 'kept' && writtenAt < Date.now() - UNDOABLE;
}
