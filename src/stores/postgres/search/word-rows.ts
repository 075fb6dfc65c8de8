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

/** In which messages a word is, and how often in each. */
interface WordUses {
  readonly places: number[];
  readonly counts: number[];
}

class WordRowBuilder {
  readonly #ids: number[] = [];
  readonly #uses = new Map<string, WordUses>();
  #bytes = 0;
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
    const end = this.#bytes + MESSAGE_BYTES;
    for (const lexeme of lexemesOf(message)) {
      if (this.#bytes > end) {
        this.#isWhole = false;
        return;
      }
      this.#addLexeme(lexeme);
    }
  }

  build(): WordRow {
    return { messageIds: this.#ids, isWhole: this.#isWhole, words: toBinary(this.#uses) };
  }

  #addLexeme(lexeme: string): void {
    const place = this.#ids.length;
    const uses = this.#uses.get(lexeme);
    if (uses === undefined) {
      this.#uses.set(lexeme, { places: [place], counts: [1] });
      this.#bytes += lexeme.length + 12;
      return;
    }
    const last = uses.places.length - 1;
    if (uses.places[last] === place) {
      uses.counts[last] = (uses.counts[last] ?? 0) + 1;
      return;
    }
    uses.places.push(place);
    uses.counts.push(1);
    this.#bytes += 2;
  }
}

function* lexemesOf(message: IndexedMessage): Generator<string> {
  const text = wordText(message);
  // Nearly all texts are plain ASCII, of which the words are found many times faster.
  if (isAscii(text)) yield* (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).map(toLexeme);
  else for (const { folded } of tokenize(text)) yield toLexeme(folded);
  const parts = partText(message);
  if (isAscii(parts)) return;
  const kind = (message.state & MESSAGE_STATE.inParts) === 0 ? PAIR.other : PAIR.indexed;
  for (const pair of pairsOf(parts)) yield kind + pair;
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

/** Bytes of a UTF-16 unit in UTF-8 at most; of a lexeme its end and the number of its positions; of a position. */
const SIZES = { unit: 3, lexeme: 3, position: 2 } as const;

/**
 * The form in which PostgreSQL receives a tsvector (tsvectorrecv): a count, then each lexeme ended by a zero byte, the number of its
 * positions, and these with their weights. It sorts the lexemes itself. Reading its text form would take it several times as long.
 */
function toBinary(words: ReadonlyMap<string, WordUses>): Buffer {
  let size = 4;
  for (const [lexeme, { places }] of words)
    size += SIZES.unit * lexeme.length + SIZES.lexeme + SIZES.position * places.length;
  const binary = Buffer.allocUnsafe(size);
  let end = binary.writeInt32BE(words.size, 0);
  for (const [lexeme, { places, counts }] of words) {
    end += binary.write(lexeme, end, 'utf8');
    binary[end++] = 0;
    end = binary.writeUInt16BE(places.length, end);
    for (let at = 0; at < places.length; at++)
      end = binary.writeUInt16BE((places[at] ?? 0) | (weightOf(counts[at] ?? 1) << 14), end);
  }
  return binary.subarray(0, end);
}

/** How much a word that a message has so often counts when hits are ranked: D, C, B or A, as PostgreSQL calls its weights. */
function weightOf(count: number): number {
  if (count < 3) return count - 1;
  return count < 5 ? 2 : 3;
}
