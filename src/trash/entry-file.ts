import { open, rm, type FileHandle } from 'node:fs/promises';
import { DomainError } from '../domain/errors.js';
import { LinesDigest } from '../sessions/trash/kept-session.js';
import type { TrashEnd, TrashHead } from './trash-entry.js';

/** Bytes that are written at once. */
const WRITTEN_AT_ONCE = 256 * 1024;

/** The content of an entry's file. */
export interface EntryContent {
  readonly head: TrashHead;
  readonly lines: AsyncIterable<string>;
  /** Most bytes that the file may have. */
  readonly most: number;
}

/** The result of writing an entry. */
interface WrittenEntry {
  /** The digest of its lines. */
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Writes an entry to a new file that only its owner may read, and syncs it to disk. A failure leaves no file.
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

/** Writes lines in batches, up to a total size. */
class BoundedWriter {
  #waiting: string[] = [];
  #waitingBytes = 0;
  #bytes = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly most: number,
  ) {}

  /** Bytes that were written or are buffered. */
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

/** The lines of a file, separated only by `\n`: JSON texts may contain other line separators. */
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
