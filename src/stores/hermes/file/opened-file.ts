import { fileIdentity, isSameFile, STEP, type FileIdentity, type FileState } from './state-db-file.js';

/** The file that was opened, and what `stat` of its path shows since. */
export class OpenedFile {
  #seen: FileState | undefined;
  /** Whether any further write will change the file's times. */
  #isSettled = false;
  #rewrites = 0;
  #isJournalCut = false;
  #isLogged = false;

  constructor(private readonly path: string) {}

  get identity(): FileIdentity | undefined {
    return this.#seen;
  }

  /**
   * How often others wrote to the file itself, or may have; it only grows. With a write-ahead log that is either a checkpoint, which does not change
   * the content, or somebody who overwrites the file.
   */
  get rewrites(): number {
    return this.#rewrites;
  }

  /** Whether it has a write-ahead log. */
  get hasJournal(): boolean {
    return this.#seen?.wal !== undefined;
  }

  /**
   * @param before the state of the path before it was opened; the file may have been written to since.
   * @param isLogged whether it was opened with a write-ahead log. An empty one can be left beside a file that does not use it.
   */
  open(before: FileState, isLogged: boolean): void {
    this.#isLogged = isLogged;
    this.#seen = before;
    this.#isSettled = isSettled(before);
    this.#isJournalCut = false;
    this.#rewrites++;
  }

  /** Whether the path still names the open file and its open journal, and the file is not known to be overwritten. */
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

  /** Whether the journal became shorter since the last call. */
  takeJournalCut(): boolean {
    const isCut = this.#isJournalCut;
    this.#isJournalCut = false;
    return isCut;
  }

  /** Counts a rewrite. Later writes within the same step of the file's times leave no trace, so another one is counted after the step. */
  #look(now: FileState, isSame: boolean): void {
    this.#isSettled = isSettled(now);
    if (!isSame || this.#isSettled) this.#rewrites++;
  }
}

/**
 * Whether a changed file was certainly overwritten: its journal was empty all along, so nothing can have been checkpointed into it. If the new
 * content is not in WAL mode, others that open it ignore an empty journal (https://sqlite.org/src/file/src/pager.c, `pagerOpenWalIfPresent`), and
 * wait forever for whoever had it open before. A checkpoint that truncates the journal does so last.
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

/** Whether the last write is so long ago that any further write will change the file's times. */
function isSettled({ writtenAt }: FileState): boolean {
  return Math.abs(Date.now() - writtenAt) > STEP;
}
