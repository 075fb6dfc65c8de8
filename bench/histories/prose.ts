import type { Random } from './random.js';

/** Words with a known frequency, for the benchmark's searches. */
export const SEARCH_WORDS = {
  /** In about 60 % of messages. */
  common: 'deployment',
  /** In about 2 % of messages. */
  occasional: 'rollback',
  /** In about one of 20,000 messages. */
  rare: 'zeppelin',
  /** In about 1 % of messages, in Chinese. */
  chinese: '部署计划',
} as const;

const SYLLABLES =
  'ba ce di fo gu ha ji ko lu me na po qua ri so tu va we xi yo ze cha dre fli gro pla sta tri'.split(' ');
const TITLES = ['Review of the', 'Plan for the', 'Question about the', 'Notes on the', 'Bug in the'];

/** Generates text with the uneven word frequencies of natural language (Zipf's law). */
export class Prose {
  readonly #vocabulary: readonly string[];

  constructor(private readonly random: Random) {
    this.#vocabulary = Array.from({ length: 20_000 }, (_, rank) => this.#word(rank));
  }

  title(): string {
    return `${this.random.pick(TITLES)} ${this.#common()} ${this.#common()}`;
  }

  text(words: number): string {
    const text: string[] = [];
    for (let at = 0; at < words; at++) text.push(this.#common());
    const { random } = this;
    if (random.next() < 0.6) text.splice(random.below(text.length), 0, SEARCH_WORDS.common);
    if (random.next() < 0.02) text.splice(random.below(text.length), 0, SEARCH_WORDS.occasional);
    if (random.next() < 0.00005) text.splice(random.below(text.length), 0, SEARCH_WORDS.rare);
    if (random.next() < 0.01) text.push(`请帮我检查${SEARCH_WORDS.chinese}，下周一上线。`);
    return text.join(' ');
  }

  #common(): string {
    const rank = Math.floor(this.#vocabulary.length ** this.random.next()) - 1;
    return this.#vocabulary[rank] ?? 'word';
  }

  #word(rank: number): string {
    let word = '';
    for (let rest = rank + 30; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
      word += SYLLABLES[rest % SYLLABLES.length] ?? '';
    }
    return word;
  }
}
