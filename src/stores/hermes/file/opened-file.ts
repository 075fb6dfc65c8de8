import { fileIdentity, isSameFile, STEP, type FileIdentity, type FileState } from './state-db-file.js';

/** The file that was opened, and what the `stat` of its path tells of it since. */
export class OpenedFile {
  #seen: FileState | undefined;
  /** Whether whatever is written from now on shows. */
  #isSettled = false;
  #rewrites = 0;
  #isJournalCut = false;
  #isLogged = false;

  constructor(private readonly path: string) {}

  get identity(): FileIdentity | undefined {
    return this.#seen;
  }

  /**
   * How often others wrote to the file itself, or may have; it only grows. With a write-ahead log that is either somebody who moves what was
   * committed into it, which changes nothing of what it holds, or somebody who overwrites it.
   */
  get rewrites(): number {
    return this.#rewrites;
  }

  /** Whether it has a write-ahead log. */
  get hasJournal(): boolean {
    return this.#seen?.wal !== undefined;
  }

  /**
   * @param before what the path named before it was opened; it may have been written to since.
   * @param isLogged whether it was opened with a write-ahead log. One that is empty can be left beside a file that has none.
   */
  open(before: FileState, isLogged: boolean): void {
    this.#isLogged = isLogged;
    this.#seen = before;
    this.#isSettled = isSettled(before);
    this.#isJournalCut = false;
    this.#rewrites++;
  }

  /** Whether the path still names the file that is open, with the journal that is open, and nobody is known to have overwritten it. */
  isInPlace(): boolean {
    const now = fileIdentity(this.path);
    const seen = this.#seen;
    if (now === undefined || seen === undefined || !isSameFile(now, seen)) return false;
    const isSame = now.contents === seen.contents;
    if (!isSame && this.#isLogged && isOverwritten(now, seen)) return false;
    if (!isSame || !this.#isSettled) this.#look(now, isSame);
    if (now.journalBytes < seen.journalBytes) this.#isJournalCut = true;
    this.#seen = now;
    return true;
  }

  /** Whether the journal became shorter since this was asked last. */
  takeJournalCut(): boolean {
    const isCut = this.#isJournalCut;
    this.#isJournalCut = false;
    return isCut;
  }

  /** Of what follows within one step of the clock nothing is told: it is looked for once that is over. */
  #look(now: FileState, isSame: boolean): void {
    this.#isSettled = isSettled(now);
    if (!isSame || this.#isSettled) this.#rewrites++;
  }
}

/**
 * Whether a file that was written to was overwritten for certain: nothing was ever in its journal that could have been moved into it. Others who
 * open it then take an empty journal for none where what was put there has none (https://sqlite.org/src/file/src/pager.c,
 * `pagerOpenWalIfPresent`), and wait for ever for whoever had it open before. Who moves what is in a journal and cuts it off does that last.
 */
function isOverwritten(now: FileState, seen: FileState): boolean {
  return (
    now.wal !== undefined &&
    now.journalBytes === 0 &&
    seen.journalBytes === 0 &&
    now.journalAt !== undefined &&
    now.journalAt === seen.journalAt &&
    now.writtenAt > now.journalAt
  );
}

/** Whether a file was last written to so long ago that whatever follows shows. */
function isSettled({ writtenAt }: FileState): boolean {
  return Math.abs(Date.now() - writtenAt) > STEP;
}
