import { tokenize } from '../../../sessions/search/search-text.js';
import { MESSAGE_STATE } from '../schema/entities.js';
import { PAIR, pairsOf, toLexeme } from './lexemes.js';
import { partText, wordText, type SearchedMessage } from './searchable-text.js';

/** Messages of one row at most: PostgreSQL keeps up to 256 positions of a word. */
export const ROW_MESSAGES = 64;

/** Bytes of words and positions after which a new row begins, and which one message may have at most: a tsvector takes a megabyte. */
const ROW_BYTES = 200_000;
const MESSAGE_BYTES = 800_000;

/** The words of some messages of a session. */
export interface WordRow {
  readonly messageIds: readonly number[];
  /** Whether it has all of their words. */
  readonly isWhole: boolean;
  /** A tsvector in PostgreSQL's binary form. */
  readonly words: Buffer;
}

/** A message whose words are kept. */
export interface IndexedMessage extends SearchedMessage {
  readonly id: number;
}

/** The words of messages, in as many rows as they need; messages that were rewound have none. */
export function toWordRows(messages: readonly IndexedMessage[]): readonly WordRow[] {
  const rows: WordRow[] = [];
  let row = new WordRowBuilder();
  for (const message of messages) {
    if (row.isFull) {
      rows.push(row.build());
      row = new WordRowBuilder();
    }
    row.add(message);
  }
  if (!row.isEmpty) rows.push(row.build());
  return rows;
}

/** The words of one row while it is made: kept in a few lists of numbers, since an object for each word would have to be collected. */
class WordRowBuilder {
  readonly #ids: number[] = [];
  /** The number of each lexeme. */
  readonly #numbers = new Map<string, number>();
  /** By lexeme: its newest use. */
  readonly #newest: number[] = [];
  /** By use: which lexeme it is of, in which message, and how often there. */
  readonly #lexemes: number[] = [];
  readonly #places: number[] = [];
  readonly #counts: number[] = [];
  #bytes = 0;
  #end = 0;
  #isWhole = true;

  get isEmpty(): boolean {
    return this.#ids.length === 0;
  }

  get isFull(): boolean {
    return this.#ids.length >= ROW_MESSAGES || this.#bytes >= ROW_BYTES;
  }

  add(message: IndexedMessage): void {
    this.#ids.push(message.id);
    if ((message.state & MESSAGE_STATE.kept) === 0) return;
    this.#end = this.#bytes + MESSAGE_BYTES;
    this.#addWords(wordText(message));
    const parts = partText(message);
    if (isAscii(parts)) return;
    const kind = (message.state & MESSAGE_STATE.inParts) === 0 ? PAIR.other : PAIR.indexed;
    for (const pair of pairsOf(parts)) this.#addLexeme(kind + pair);
  }

  build(): WordRow {
    return { messageIds: this.#ids, isWhole: this.#isWhole, words: this.#toBinary() };
  }

  #addWords(text: string): void {
    // Nearly all texts are plain ASCII, of which the words are found many times faster.
    if (!isAscii(text)) {
      for (const { folded } of tokenize(text)) this.#addLexeme(toLexeme(folded));
      return;
    }
    for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) this.#addLexeme(toLexeme(word));
  }

  #addLexeme(lexeme: string): void {
    if (this.#bytes > this.#end) {
      this.#isWhole = false;
      return;
    }
    const place = this.#ids.length;
    const known = this.#numbers.get(lexeme);
    const number = known ?? this.#numbers.size;
    if (known === undefined) {
      this.#numbers.set(lexeme, number);
      this.#bytes += lexeme.length + 12;
    } else {
      const newest = this.#newest[known] ?? 0;
      if (this.#places[newest] === place) {
        this.#counts[newest] = (this.#counts[newest] ?? 0) + 1;
        return;
      }
      this.#bytes += 2;
    }
    this.#newest[number] = this.#places.length;
    this.#lexemes.push(number);
    this.#places.push(place);
    this.#counts.push(1);
  }

  /**
   * The form in which PostgreSQL receives a tsvector (tsvectorrecv): a count, then each lexeme ended by a zero byte, the number of its
   * positions, and these with their weights. It sorts the lexemes itself. Reading its text form would take it several times as long.
   */
  #toBinary(): Buffer {
    const { positions, ends } = this.#positionsByLexeme();
    let size = 4 + SIZES.position * positions.length;
    for (const lexeme of this.#numbers.keys()) size += SIZES.unit * lexeme.length + SIZES.lexeme;
    const binary = Buffer.allocUnsafe(size);
    let end = binary.writeInt32BE(this.#numbers.size, 0);
    let position = 0;
    for (const [lexeme, number] of this.#numbers) {
      end = writeText(binary, lexeme, end);
      binary[end++] = 0;
      const last = ends[number] ?? 0;
      end = binary.writeUInt16BE(last - position, end);
      for (; position < last; position++) end = binary.writeUInt16BE(positions[position] ?? 0, end);
    }
    return binary.subarray(0, end);
  }

  /** All positions with their weights, those of each lexeme together and in order, and where those of each end. */
  #positionsByLexeme(): { readonly positions: Uint16Array; readonly ends: Uint32Array } {
    // One more, so that the begin of each can be counted up to its end, which is where the next one begins.
    const ends = new Uint32Array(this.#numbers.size + 1);
    for (const lexeme of this.#lexemes) ends[lexeme + 1] = (ends[lexeme + 1] ?? 0) + 1;
    for (let lexeme = 1; lexeme < ends.length; lexeme++)
      ends[lexeme] = (ends[lexeme] ?? 0) + (ends[lexeme - 1] ?? 0);
    const positions = new Uint16Array(this.#places.length);
    for (const [use, lexeme] of this.#lexemes.entries()) {
      const at = ends[lexeme] ?? 0;
      positions[at] = (this.#places[use] ?? 0) | (weightOf(this.#counts[use] ?? 1) << 14);
      ends[lexeme] = at + 1;
    }
    return { positions, ends };
  }
}

/** Writes a text in UTF-8. Short ones of ASCII, which most words are, are faster written here than by the system. @returns its end. */
function writeText(binary: Buffer, text: string, begin: number): number {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return begin + binary.write(text, begin, 'utf8');
    binary[begin + at] = unit;
  }
  return begin + text.length;
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

/** Bytes of a UTF-16 unit in UTF-8 at most; of a lexeme its end and the number of its positions; of a position. */
const SIZES = { unit: 3, lexeme: 3, position: 2 } as const;

/** How much a word that a message has so often counts when hits are ranked: D, C, B or A, as PostgreSQL calls its weights. */
function weightOf(count: number): number {
  if (count < 3) return count - 1;
  return count < 5 ? 2 : 3;
}
