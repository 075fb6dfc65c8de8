import { open, rm, type FileHandle } from 'node:fs/promises';
import { DomainError } from '../domain/errors.js';
import { LinesDigest } from '../sessions/kept-session.js';
import type { TrashEnd, TrashHead } from './trash-entry.js';

/** Bytes that are written together. */
const WRITTEN_AT_ONCE = 256 * 1024;

/** What is written into a file. */
export interface EntryContent {
  readonly head: TrashHead;
  readonly lines: AsyncIterable<string>;
  /** Bytes that the file may have. */
  readonly most: number;
}

/** What was written. */
interface WrittenEntry {
  /** Of its lines. */
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Writes an entry into a new file that only its owner may read, down to the disk. What fails leaves no file.
 * @throws {DomainError} `trash_too_small`; and what the system or the lines throw.
 */
export async function writeEntry(path: string, content: EntryContent): Promise<WrittenEntry> {
  const file = await open(path, 'wx', 0o600);
  try {
    const written = await writeLines(file, content);
    await file.sync();
    await file.close();
    return written;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeLines(file: FileHandle, { head, lines, most }: EntryContent): Promise<WrittenEntry> {
  const digest = new LinesDigest();
  const writer = new BoundedWriter(file, most);
  await writer.write(JSON.stringify(head));
  for await (const line of lines) {
    digest.add(line);
    await writer.write(line);
  }
  const name = digest.name();
  const end: TrashEnd = { object: 'hermes.session.trash.end', digest: name };
  await writer.write(JSON.stringify(end));
  await writer.flush();
  return { digest: name, bytes: writer.bytes };
}

/** Writes lines, many at a time, up to a number of bytes. */
class BoundedWriter {
  #waiting: string[] = [];
  #waitingBytes = 0;
  #bytes = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly most: number,
  ) {}

  /** How many were written, or are about to be. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {DomainError} `trash_too_small` */
  async write(line: string): Promise<void> {
    const bytes = Buffer.byteLength(line) + 1;
    this.#bytes += bytes;
    if (this.#bytes > this.most) throw new DomainError('trash_too_small');
    this.#waiting.push(line, '\n');
    this.#waitingBytes += bytes;
    if (this.#waitingBytes >= WRITTEN_AT_ONCE) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.file.appendFile(text);
  }
}

/** The lines of a file. Only `\n` ends one: texts in JSON can hold what else is taken for an end of a line. */
export async function* linesOf(file: FileHandle): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const piece of file.createReadStream({ encoding: 'utf8', autoClose: false })) {
    const [first = '', ...others] = String(piece).split('\n');
    begun.push(first);
    for (const next of others) {
      yield begun.join('');
      begun = [next];
    }
  }
  if (begun.join('') !== '') yield begun.join('');
}
