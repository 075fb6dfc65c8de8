import pLimit from 'p-limit';
import { DomainError } from '../domain/errors.js';
import { entryFiles, isWhole, type EntryFile } from './entry-files.js';

/** What was deleted within so many milliseconds gives way to nothing: whoever deleted it can undo it. */
const UNDOABLE = 600_000;

/** What share of a full trash is made free at once: to look at all that there is takes long where it is thousands of files. */
const FREED = 0.1;

/** How long it is taken to be known how much there is, in milliseconds; another server may share the folder. */
const MEASURED = 60_000;

/** How much there is in a trash. */
export interface HeldEntries {
  readonly entries: number;
  readonly bytes: number;
}

/** Where a trash is, how much may be there, what takes out an entry, and who is told how much there is. */
export interface RoomSettings {
  /** Folders of the histories that are served here. */
  readonly folders: ReadonlySet<string>;
  /** Bytes. */
  readonly most: number;
  readonly takeOut: (file: EntryFile) => Promise<void>;
  readonly onHeld: (held: HeldEntries) => void;
}

/** How much there is beside how much there may be. One is let in after the other: of those that come together each sees the one before. */
export class TrashRoom {
  readonly #turn = pLimit(1);
  #measured: (HeldEntries & { readonly at: number }) | undefined;

  constructor(private readonly settings: RoomSettings) {}

  /**
   * Lets in what was written, where it fits beside what must not give way to it.
   * @param letIn puts it where it is counted.
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

  /** An entry was taken out. */
  isLeft(bytes: number): void {
    this.#count({ entries: -1, bytes: -bytes });
  }

  /** Removes the oldest of what is kept while there is more than there may be. */
  make(): Promise<void> {
    return this.#turn(async () => {
      const known = this.#known();
      if (known === undefined || known.bytes > this.settings.most) await this.#removeOldest();
    });
  }

  /** Looks anew how much there is: others take out what is over, or put in what is theirs. */
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

  /** What is only being written is no entry yet. */
  async #files(): Promise<readonly EntryFile[]> {
    return (await entryFiles(this.settings.folders)).filter(isWhole);
  }

  /** Undefined where it is not known well enough how much there is. */
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

/** Whether a file is removed where there is no room for others. */
function givesWay({ state, writtenAt }: EntryFile): boolean {
  return state === 'kept' && writtenAt < Date.now() - UNDOABLE;
}
