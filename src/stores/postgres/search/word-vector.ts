import { LONGEST_LEXEME } from './lexemes.js';

/** PostgreSQL's limit for a vector, in bytes. Every part takes at least one byte. */
const LARGEST = 1_048_576;

/** Bytes that each lexeme takes in a vector besides its letters, and bytes per position. */
const COSTS = { lexeme: 12, position: 2 } as const;

/** The most lexemes and positions that fit into the largest vector. */
const MOST = { lexemes: Math.ceil(LARGEST / COSTS.lexeme), positions: LARGEST / COSTS.position } as const;

/** ASCII letters and digits in lower case, by code; 0 for separators. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, code) =>
  code < 128 && /[a-z0-9]/i.test(String.fromCharCode(code))
    ? String.fromCharCode(code).toLowerCase().charCodeAt(0)
    : 0,
);

/** A hash by Fowler, Noll and Vo (FNV-1a, 32 bits). */
const FNV = { basis: 0x811c9dc5 | 0, prime: 0x01000193 } as const;

/** Texts up to this many characters are split without allocating memory. */
const SCRATCH = 64 * 1024;

const FEWEST_SLOTS = 2048;

/**
 * Builds a tsvector in PostgreSQL's binary form: lexemes, each with its positions and how often it occurs there.
 *
 * One instance builds one vector after the other. It finds, compares and stores words as bytes in a few arrays: a string and an object
 * for each of millions of words would take three times as long, and then be garbage.
 */
export class WordVector {
  /** The lexemes in sequence, each terminated by a zero byte, as in a vector. */
  readonly #letters = new Uint8Array(LARGEST + 4 * LONGEST_LEXEME);
  #lettersEnd = 0;
  /** By lexeme: where its letters begin, their length in bytes, their hash, its newest use, and where its positions end. */
  readonly #begins = new Int32Array(MOST.lexemes);
  readonly #lengths = new Uint16Array(MOST.lexemes);
  readonly #hashes = new Int32Array(MOST.lexemes);
  readonly #newest = new Int32Array(MOST.lexemes);
  readonly #ends = new Int32Array(MOST.lexemes + 1);
  #count = 0;
  /** By use: its lexeme, its position, and how often it occurs there. */
  readonly #lexemes = new Int32Array(MOST.positions);
  readonly #places = new Uint16Array(MOST.positions);
  readonly #counts = new Uint8Array(MOST.positions);
  #uses = 0;
  /** Hash table of lexeme numbers, counted from 1, with linear probing. */
  #slots = new Int32Array(FEWEST_SLOTS);
  /** The positions with their weights, grouped by lexeme. */
  readonly #positions = new Uint16Array(MOST.positions);
  readonly #scratch = Buffer.allocUnsafe(SCRATCH);
  #binary = Buffer.allocUnsafe(SCRATCH);
  #bytes = 0;
  #limit = LARGEST;
  #isWhole = true;

  /** The size of the vector in the database so far, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether nothing was left out. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Leaves out everything once the vector exceeds this size; it may exceed it by one lexeme. */
  set limit(bytes: number) {
    this.#limit = Math.min(bytes, LARGEST - COSTS.lexeme - 4 * LONGEST_LEXEME);
  }

  /** Starts a new vector. */
  clear(): void {
    if (this.#slots.length > FEWEST_SLOTS) this.#slots = new Int32Array(FEWEST_SLOTS);
    else this.#slots.fill(0);
    this.#lettersEnd = this.#count = this.#uses = this.#bytes = 0;
    this.#limit = LARGEST;
    this.#isWhole = true;
  }

  /** Adds a lexeme at a position. */
  add(lexeme: string, place: number): void {
    const length = Buffer.from(this.#letters.buffer).write(lexeme, this.#lettersEnd);
    let hash: number = FNV.basis;
    for (let at = 0; at < length; at++)
      hash = Math.imul(hash ^ (this.#letters[this.#lettersEnd + at] ?? 0), FNV.prime);
    this.#use(length, hash, place);
  }

  /** Adds the words of an ASCII text, in lower case, at a position. */
  addWords(text: string, place: number): void {
    const bytes = text.length <= SCRATCH ? this.#scratch : Buffer.allocUnsafe(text.length);
    const end = bytes.write(text, 'latin1');
    const letters = this.#letters;
    let length = 0;
    let hash: number = FNV.basis;
    for (let at = 0; at < end; at++) {
      const letter = FOLDED[bytes[at] ?? 0] ?? 0;
      if (letter === 0) {
        if (length === 0) continue;
        this.#use(length, hash, place);
        length = 0;
        hash = FNV.basis;
      } else if (length < LONGEST_LEXEME) {
        letters[this.#lettersEnd + length++] = letter;
        hash = Math.imul(hash ^ letter, FNV.prime);
      }
    }
    if (length > 0) this.#use(length, hash, place);
  }

  /**
   * Encodes the vector as PostgreSQL receives it (tsvectorrecv): a count, then each lexeme with a terminating zero byte, the number of
   * its positions, and the positions with their weights. PostgreSQL sorts the lexemes itself. Parsing the text form would take it several
   * times as long.
   * @returns the vector, which is valid until the next call.
   */
  toBinary(): Uint8Array {
    this.#gatherPositions();
    const size = 4 + this.#lettersEnd + 2 * this.#count + 2 * this.#uses;
    if (this.#binary.length < size) this.#binary = Buffer.allocUnsafe(2 * size);
    const binary = this.#binary;
    let end = binary.writeInt32BE(this.#count, 0);
    let position = 0;
    for (let lexeme = 0; lexeme < this.#count; lexeme++) {
      const begin = this.#begins[lexeme] ?? 0;
      // Includes the terminating zero byte.
      const lettersEnd = begin + (this.#lengths[lexeme] ?? 0) + 1;
      for (let at = begin; at < lettersEnd; at++) binary[end++] = this.#letters[at] ?? 0;
      const last = this.#ends[lexeme] ?? 0;
      const count = last - position;
      binary[end++] = count >>> 8;
      binary[end++] = count & 0xff;
      for (; position < last; position++) {
        const value = this.#positions[position] ?? 0;
        binary[end++] = value >>> 8;
        binary[end++] = value & 0xff;
      }
    }
    return binary.subarray(0, end);
  }

  /** Records one more use of the lexeme whose letters were written last. */
  #use(length: number, hash: number, place: number): void {
    if (this.#bytes > this.#limit) {
      this.#isWhole = false;
      return;
    }
    const known = this.#find(length, hash);
    if (known < 0) {
      this.#bytes += length + COSTS.lexeme;
    } else {
      const newest = this.#newest[known] ?? 0;
      if (this.#places[newest] === place) {
        const count = this.#counts[newest] ?? 0;
        if (count < 255) this.#counts[newest] = count + 1;
        return;
      }
      this.#bytes += COSTS.position;
    }
    const lexeme = known < 0 ? this.#keep(length, hash) : known;
    this.#newest[lexeme] = this.#uses;
    this.#lexemes[this.#uses] = lexeme;
    this.#places[this.#uses] = place;
    this.#counts[this.#uses] = 1;
    this.#uses++;
  }

  /** The number of the lexeme with the letters that were written last; negative if it is new. */
  #find(length: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = slotOf(hash) & mask; ; slot = (slot + 1) & mask) {
      const lexeme = (slots[slot] ?? 0) - 1;
      if (lexeme < 0) return -1;
      if (
        this.#hashes[lexeme] === hash &&
        this.#lengths[lexeme] === length &&
        this.#isWritten(lexeme, length)
      )
        return lexeme;
    }
  }

  #isWritten(lexeme: number, length: number): boolean {
    const begin = this.#begins[lexeme] ?? 0;
    for (let at = 0; at < length; at++) {
      if (this.#letters[begin + at] !== this.#letters[this.#lettersEnd + at]) return false;
    }
    return true;
  }

  #keep(length: number, hash: number): number {
    const lexeme = this.#count++;
    this.#begins[lexeme] = this.#lettersEnd;
    this.#lengths[lexeme] = length;
    this.#hashes[lexeme] = hash;
    this.#letters[this.#lettersEnd + length] = 0;
    this.#lettersEnd += length + 1;
    if (2 * this.#count > this.#slots.length) this.#spread();
    else this.#take(lexeme, hash);
    return lexeme;
  }

  /** Doubles the hash table. */
  #spread(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let lexeme = 0; lexeme < this.#count; lexeme++) this.#take(lexeme, this.#hashes[lexeme] ?? 0);
  }

  #take(lexeme: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = slotOf(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = lexeme + 1;
  }

  /** Groups the uses by lexeme with a counting sort, which keeps each lexeme's positions in order. */
  #gatherPositions(): void {
    const ends = this.#ends.fill(0, 0, this.#count + 1);
    // Each entry starts as the begin of its lexeme, and advances to its end, which is the begin of the next one.
    for (let use = 0; use < this.#uses; use++) {
      const next = (this.#lexemes[use] ?? 0) + 1;
      ends[next] = (ends[next] ?? 0) + 1;
    }
    for (let lexeme = 1; lexeme <= this.#count; lexeme++)
      ends[lexeme] = (ends[lexeme] ?? 0) + (ends[lexeme - 1] ?? 0);
    for (let use = 0; use < this.#uses; use++) {
      const lexeme = this.#lexemes[use] ?? 0;
      const at = ends[lexeme] ?? 0;
      this.#positions[at] = (this.#places[use] ?? 0) | (weightOf(this.#counts[use] ?? 1) << 14);
      ends[lexeme] = at + 1;
    }
  }
}

/** The upper bits of the hash are better distributed. */
function slotOf(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** The weight for the ranking, by how often a message has the word: D, C, B or A, as PostgreSQL calls them. */
function weightOf(count: number): number {
  if (count < 3) return count - 1;
  return count < 5 ? 2 : 3;
}
